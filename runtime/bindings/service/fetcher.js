// A service binding: https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {checkName, property} from './rpc_promise.js';
import {copyError} from './rpc_values.js';

/**
 * @typedef {object} Service the entry point that a binding leads to
 * @property {(request: Request) => Promise<Response>} fetch
 * @property {(method: string, args: any[]) => Promise<any>} call
 * @property {(name: string) => Promise<any>} get the value of a property
 * @property {(event: {cron: string, scheduledTime: number}) => Promise<object>} scheduled
 * @property {(queue: string, messages: object[], metadata?: object) => Promise<object>} queue
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
      this.queue = (name, messages, metadata) => service.queue(
          name, service.values.copy(messages), metadata && service.values.copy(metadata));
    }
    // Every other name is a method or a property of the entry point, as far as this side knows.
    return new Proxy(this, {
      get(target, name) {
        if (typeof name === 'symbol' || name in target) return target[name];
        // Else it would pass for a promise.
        if (name === 'then') return undefined;
        return property({
          get: () => cross(service, name, () => service.get(name)),
          async call(args) {
            // Before anything is waited for: what the caller changes later is not part of the call.
            const copies = args.map((arg) => service.values.copy(arg));
            return cross(service, name, () => service.call(name, copies));
          },
        });
      },
    });
  }
}

/** @param {Service} service @param {string} name @param {() => Promise<any>} ask */
async function cross(service, name, ask) {
  if (isTopLevel()) throw disallowedOperation();
  checkName(name);
  try {
    return service.values.copy(await ask());
  } catch (error) {
    throw copyError(error);
  }
}
