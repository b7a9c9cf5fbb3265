// A service binding: https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {copyError} from './rpc_values.js';

/** Events have names of their own; the rest would be taken for something else. */
const RESERVED = new Set([
  'alarm', 'connect', 'constructor', 'dup', 'fetch', 'webSocketClose', 'webSocketError',
  'webSocketMessage',
]);

/**
 * @typedef {object} Service the entry point that a binding leads to
 * @property {(request: Request) => Promise<Response>} fetch
 * @property {(method: string, args: any[]) => Promise<any>} call
 * @property {(event: {cron: string, scheduledTime: number}) => Promise<object>} scheduled
 * @property {(queue: string, messages: object[]) => Promise<object>} queue
 * @property {import('./rpc_values.js').RpcValues} values
 * @property {boolean} takesEvents whether the binding has the methods `scheduled` and `queue`
 */

/** The class's name is part of the interface: the SDK looks for it. */
export class Fetcher {
  /** @param {Service} service */
  constructor(service) {
    // Own properties, not methods: they are called through the proxy, or detached from it.
    this.fetch = async (input, init) => {
      if (isTopLevel()) throw disallowedOperation();
      return service.fetch(new Request(input, init));
    };
    if (service.takesEvents) {
      this.scheduled = ({cron = '', scheduledTime = Date.now()} = {}) =>
          service.scheduled({cron, scheduledTime: Number(scheduledTime)});
      this.queue = (name, messages) => service.queue(name, service.values.copy(messages));
    }
    // Every other name is a method of the entry point, as far as this side knows.
    return new Proxy(this, {
      get(target, name) {
        if (typeof name === 'symbol' || name in target) return target[name];
        // Else it would pass for a promise.
        if (name === 'then') return undefined;
        return (...args) => call(service, name, args);
      },
    });
  }
}

async function call(service, method, args) {
  if (isTopLevel()) throw disallowedOperation();
  if (RESERVED.has(method)) {
    throw new TypeError(`'${method}' is a reserved method and cannot be called over RPC.`);
  }
  // Before anything is waited for: what the caller changes later is not part of the call.
  const copies = args.map((arg) => service.values.copy(arg));
  try {
    return service.values.copy(await service.call(method, copies));
  } catch (error) {
    throw copyError(error);
  }
}
