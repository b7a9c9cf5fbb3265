// A Worker that another one has made: its side of the channel.

import {runInScope, Scope} from '../../python/js/async_context.js';
import {ExecutionContext} from '../../python/js/execution_context.js';
import {pythonService, startWorker} from '../../python/js/worker.js';
import {hooks} from '../../web/js/host.js';
import {interceptOutbound} from '../../web/js/outbound.js';
import {RpcValues} from '../service/rpc_values.js';
import {JavaScriptWorker} from './javascript_worker.js';
import {Peer} from './peer.js';

const PARENT = 0;

/** What is sent before the Worker has started: nothing of Python's. */
let values = new RpcValues({isProxy: () => false, context: () => undefined});

/** @param {Error & {kind?: string}} error @returns {Error} with everything in the message */
function startFailure(error) {
  if (error?.kind !== 'user') return error;
  return Object.assign(new Error(error.stack), {name: 'PythonError', stack: error.stack});
}

/**
 * Called in the isolate of a Worker that was made by another, before any message comes.
 * @param {import('../../python/js/worker.js').WorkerConfiguration} configuration
 */
hooks.beginChild = (configuration) => {
  const isPython = configuration.mainModule.endsWith('.py');
  const javaScript = isPython ? undefined : new JavaScriptWorker(configuration);

  /** An entry point, for one event; what the event leaves behind keeps the parent. */
  const handle = async (entrypoint, props, call) => {
    const context = new ExecutionContext(props);
    const service = isPython ? pythonService(entrypoint ?? undefined, context)
        : javaScript.service(entrypoint ?? 'default', context);
    try {
      return await (isPython ? call(service) : runInScope(new Scope({context}), () => call(service)));
    } finally {
      if (ExecutionContext.isBusy(context)) {
        const over = () => peer.callRoot('background', -1);
        peer.callRoot('background', 1);
        ExecutionContext.finished(context).then(over);
      }
    }
  };

  const peer = new Peer(PARENT, () => values, {
    async start({environment, globalOutbound}) {
      if (globalOutbound !== undefined) interceptOutbound(globalOutbound);
      if (isPython) {
        try {
          values = await startWorker(configuration, environment);
        } catch (error) {
          throw startFailure(error);
        }
      } else {
        await javaScript.start(environment);
      }
    },
    fetch: (entrypoint, props, request) =>
        handle(entrypoint, props, (service) => service.fetch(request)),
    rpc: (entrypoint, props, method, args) =>
        handle(entrypoint, props, (service) => service.call(method, args)),
    get: (entrypoint, props, name) =>
        handle(entrypoint, props, (service) => service.get(name)),
    scheduled: (entrypoint, props, event) =>
        handle(entrypoint, props, (service) => service.scheduled(event)),
    queue: (entrypoint, props, queue, messages, metadata) =>
        handle(entrypoint, props, (service) => service.queue(queue, messages, metadata)),
  });
};
