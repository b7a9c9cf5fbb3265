// The environment of a Worker: its bindings, by name.

import {AnalyticsEngineDataset} from '../../bindings/analytics/analytics_engine_dataset.js';
import {Ai} from '../../bindings/ai/ai.js';
import {D1Database, LocalRequests} from '../../bindings/d1/d1_database.js';
import {SendEmail} from '../../bindings/email/send_email.js';
import {Hyperdrive} from '../../bindings/hyperdrive/hyperdrive.js';
import {KvNamespace} from '../../bindings/kv/kv_namespace.js';
import {DiskStore} from '../../bindings/kv/disk_store.js';
import {DurableObjectNamespace, ImagesBindingImpl, WorkflowImpl} from '../../bindings/not_local.js';
import {LocalQueue} from '../../bindings/queues/local_queue.js';
import {WorkerQueue} from '../../bindings/queues/worker_queue.js';
import {Ratelimit} from '../../bindings/ratelimit/ratelimit.js';
import {R2Bucket} from '../../bindings/r2/r2_bucket.js';
import {Account} from '../../bindings/remote/account.js';
import {AccountD1Requests} from '../../bindings/remote/d1_requests.js';
import {AccountKvStore} from '../../bindings/remote/kv_store.js';
import {AccountQueue} from '../../bindings/remote/queue.js';
import {AccountBucket} from '../../bindings/remote/r2_bucket.js';
import {AccountIndex} from '../../bindings/remote/vectorize_index.js';
import {Fetcher} from '../../bindings/service/fetcher.js';
import {VectorizeIndexImpl} from '../../bindings/vectorize/vectorize_index.js';
import {WorkerLoader} from '../../bindings/worker_loader/worker_loader.js';
import {ops} from '../../web/js/host.js';

// With `remote`, how to reach the account, a resource is the account's.

function kvNamespace({name, namespace_id: id = name, remote}, {stateDirectory}) {
  return new KvNamespace(
      remote ? new AccountKvStore(new Account(remote), id) : new DiskStore(stateDirectory, id));
}

function d1Database({name, id = name, remote}, {stateDirectory}) {
  return new D1Database(remote
      ? new AccountD1Requests(new Account(remote), id)
      : new LocalRequests(() => ops.d1Open(stateDirectory, id)));
}

function r2Bucket({name, bucket_name: bucket = name, remote}, {stateDirectory}) {
  return remote ? new AccountBucket(new Account(remote), bucket)
      : new R2Bucket(() => ops.r2Open(stateDirectory, bucket));
}

function queue({name, queue_name: queue = name, delivery_delay: delay, remote}, {stateDirectory, flags}) {
  return new WorkerQueue({
    queue: remote ? new AccountQueue(new Account(remote), queue)
        : new LocalQueue(() => ops.queuesOpen(stateDirectory), queue),
    delaySeconds: delay,
    contentType: flags.queues_json_messages ? 'json' : 'v8',
  });
}

function analyticsEngine({name, dataset = name}, {stateDirectory}) {
  return new AnalyticsEngineDataset(() => ops.analyticsOpen(stateDirectory, dataset));
}

function vectorize({name, index_name: index = name, metric = 'cosine', remote}, {stateDirectory}) {
  if (remote) return new AccountIndex(new Account(remote), index);
  return new VectorizeIndexImpl(() => ops.vectorizeOpen(stateDirectory, index), metric);
}

/** Which version of the Worker runs: what the command line has made of it. */
function versionMetadata({id = '', tag = '', timestamp = ''}) {
  return {id, tag, timestamp};
}

/** A binding that answers requests and has no methods. */
function assets({name}, {assets: files, values}) {
  if (files === undefined) throw new Error(`The binding ${name} needs "assets" with a directory.`);
  const call = async (method) => {
    throw new TypeError(`The RPC receiver does not implement the method "${method}".`);
  };
  return new Fetcher({fetch: (request) => files.fetch(request), call, values, takesEvents: false});
}

/**
 * @typedef {object} OwnWorker what bindings need of the Worker
 * @property {string} name
 * @property {(entrypoint: string, props: object) => import('../../bindings/service/fetcher.js').Service}
 *     service
 * @property {string} stateDirectory where local data is kept; empty: nowhere
 * @property {Record<string, boolean>} flags of compatibility
 * @property {import('../../bindings/assets/static_assets.js').StaticAssets} [assets]
 * @property {import('../../bindings/service/rpc_values.js').RpcValues} values
 */

function service({name, service: target, entrypoint = 'Default', props = {}}, worker) {
  if (target === worker.name) return new Fetcher(worker.service(entrypoint, props));
  const fail = async () => {
    throw new Error(
        `The binding ${name} leads to the Worker "${target}", which does not run here: a Worker can ` +
        `only be bound to itself ("${worker.name}") locally.`);
  };
  return new Fetcher({...worker.service(entrypoint, props), fetch: fail, call: fail});
}

/** How each type of the upload API's metadata becomes a value. */
const MAKERS = {
  plain_text: ({text}) => text,
  secret_text: ({text}) => text,
  json: ({json}) => json,
  ai: (binding) => new Ai(binding),
  analytics_engine: analyticsEngine,
  assets,
  d1: d1Database,
  kv_namespace: kvNamespace,
  queue,
  r2_bucket: r2Bucket,
  images: (binding) => new ImagesBindingImpl(binding),
  hyperdrive: (binding) => new Hyperdrive(binding),
  ratelimit: (binding) => new Ratelimit(binding),
  send_email: (binding, {stateDirectory}) => new SendEmail(binding, stateDirectory),
  service,
  vectorize,
  version_metadata: versionMetadata,
  durable_object_namespace: (binding) => new DurableObjectNamespace(binding),
  workflow: (binding) => new WorkflowImpl(binding),
  worker_loader: (_, {values}) => new WorkerLoader(values),
};

/**
 * @param {{name: string, type: string}[]} bindings with the properties of their type
 * @param {OwnWorker} worker
 * @returns {Record<string, any>} a binding of a type that cannot run here throws when it is used
 */
export function makeEnvironment(bindings, worker) {
  const environment = {};
  for (const binding of bindings) {
    const make = MAKERS[binding.type];
    Object.defineProperty(environment, binding.name, {
      enumerable: true,
      configurable: true,
      ...(make === undefined ? {
        get() {
          throw new Error(
              `The binding ${binding.name} has the type ${binding.type}, which does not run locally.`);
        },
      } : {value: make(binding, worker), writable: true}),
    });
  }
  return environment;
}
