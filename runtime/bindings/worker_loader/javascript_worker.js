// A dynamic Worker whose main module is JavaScript.

import {cloudflareWorkers, setEnvironment, WorkerEntrypoint} from '../../python/js/cloudflare_workers.js';
import {MessageBatch} from '../../python/js/events.js';
import {ExecutionContext} from '../../python/js/execution_context.js';
import {hooks, ops} from '../../web/js/host.js';
import {setOutboundMap} from '../../web/js/outbound.js';
import {cloudflareSockets} from '../../web/js/sockets.js';
import {enterTopLevel, leaveTopLevel} from '../../web/js/top_level.js';
import {setStandardBinaryType} from '../../web/js/websocket.js';
import {notImplemented} from '../service/rpc_promise.js';

/** Names that every object has, and what an entry point's class gives its instances. */
const NO_METHODS = new Set(['constructor', 'ctx', 'env']);

/** What an entry point's class says that others may use. */
function memberOf(entry, name) {
  if (!(entry instanceof WorkerEntrypoint) || NO_METHODS.has(name) || Object.hasOwn(entry, name) ||
      !(name in entry)) {
    throw notImplemented(name);
  }
  return entry[name];
}

export class JavaScriptWorker {
  #configuration;
  #environment = {};
  #exports = {};

  /** @param {{mainModule: string, flags: Record<string, boolean>, outboundMap: object}} configuration */
  constructor(configuration) {
    this.#configuration = configuration;
  }

  /** @param {Record<string, any>} environment */
  async start(environment) {
    const {mainModule, flags, outboundMap} = this.#configuration;
    this.#environment = environment;
    setEnvironment(environment);
    setOutboundMap(outboundMap);
    setStandardBinaryType(flags.websocket_standard_binary_type);
    ops.pythonDefineModule('cloudflare:workers', cloudflareWorkers);
    ops.pythonDefineModule('cloudflare:sockets', cloudflareSockets);
    enterTopLevel();
    this.#exports = await ops.pythonImport(`/${mainModule}`);
    leaveTopLevel();
  }

  /**
   * @param {string} entrypoint
   * @param {ExecutionContext} context
   */
  service(entrypoint, context) {
    return {
      fetch: async (request) => {
        const response = await this.#event(entrypoint, 'fetch', request, context);
        if (response instanceof Response) return response;
        throw new TypeError(
            'Incorrect type for Promise: the Promise did not resolve to \'Response\'.');
      },
      call: async (method, args) => {
        const entry = this.#instance(entrypoint, context);
        const found = memberOf(entry, method);
        if (typeof found !== 'function') throw notImplemented(method);
        return Reflect.apply(found, entry, args);
      },
      get: async (name) => {
        const entry = this.#instance(entrypoint, context);
        const found = memberOf(entry, name);
        return typeof found === 'function' ? found.bind(entry) : found;
      },
      scheduled: async (event) => {
        await this.#event(entrypoint, 'scheduled', event, context);
        return {outcome: 'ok', noRetry: false};
      },
      queue: async (queue, messages, metadata) =>
          this.#queue(entrypoint, new MessageBatch(queue, messages, metadata), context),
    };
  }

  /** Nobody waits for an answer: a failure is logged. */
  async #queue(entrypoint, batch, context) {
    let succeeded = true;
    try {
      await this.#event(entrypoint, 'queue', batch, context);
    } catch (error) {
      hooks.reportFailure(error);
      succeeded = false;
    }
    const finished = await ExecutionContext.finished(context);
    return MessageBatch.result(batch, finished && succeeded ? 'ok' : 'exception');
  }

  /** The handlers' object, or a new object of the class. */
  #instance(entrypoint, context) {
    const exported = this.#exports[entrypoint];
    if (exported === undefined || exported === null) {
      throw new TypeError(`The Worker has no entrypoint "${entrypoint}".`);
    }
    return typeof exported === 'function' ? new exported(context, this.#environment) : exported;
  }

  async #event(entrypoint, name, event, context) {
    const entry = this.#instance(entrypoint, context);
    if (typeof entry[name] !== 'function') {
      throw new TypeError(`Handler does not export a ${name}() function.`);
    }
    return entry instanceof WorkerEntrypoint ? entry[name](event)
        : entry[name](event, this.#environment, context);
  }
}
