// The environment of a Worker: its bindings, by name.

import {KvNamespace} from '../../bindings/kv/kv_namespace.js';
import {MemoryStore} from '../../bindings/kv/memory_store.js';
import {DurableObjectNamespace, WorkflowImpl} from '../../bindings/not_local.js';
import {Fetcher} from '../../bindings/service/fetcher.js';

/** One store for each namespace: two bindings may name the same one. */
const kvStores = new Map();

function kvNamespace({name, namespace_id: id = name}) {
  if (!kvStores.has(id)) kvStores.set(id, new MemoryStore());
  return new KvNamespace(kvStores.get(id));
}

/**
 * @typedef {object} OwnWorker what a binding of the Worker to itself needs of it
 * @property {string} name
 * @property {(entrypoint: string, props: object) => import('../../bindings/service/fetcher.js').Service}
 *     service
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
  kv_namespace: kvNamespace,
  service,
  durable_object_namespace: (binding) => new DurableObjectNamespace(binding),
  workflow: (binding) => new WorkflowImpl(binding),
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
