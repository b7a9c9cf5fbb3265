// A queue in the files of local state, as a producer needs it.

import {ops} from '../../web/js/host.js';
import {metricsOf} from './metrics.js';

export class LocalQueue {
  #open;
  #name;
  #handle;

  /** @param {() => number} open returns a handle of the queues' ops @param {string} name the queue's */
  constructor(open, name) {
    this.#open = open;
    this.#name = name;
  }

  get #queues() {
    return this.#handle ??= this.#open();
  }

  async send(messages) {
    return metricsOf(await ops.queueSend(this.#queues, this.#name, messages));
  }

  async metrics() {
    return metricsOf(await ops.queueBacklog(this.#queues, this.#name));
  }
}
