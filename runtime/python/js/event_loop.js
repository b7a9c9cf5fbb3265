// Turns of Python's event loop in tasks of the isolate's; py/_cloudflare/event_loop.py is the other side.

import {ops} from '../../web/js/host.js';
import {showScope} from './async_context.js';

export class EventLoop {
  #module;
  #runReady;
  #isWoken = false;

  /** @param {object} module Emscripten's */
  constructor(module) {
    this.#module = module;
    // The glue wakes it when a call is suspended: callbacks that are behind it in its turn do not wait.
    module.eventLoop = this;
  }

  /** @param {object} runReady the function of that name, a PyProxy */
  attach(runReady) {
    this.#runReady = runReady;
    this.wake();  // for what was ready when a snapshot was taken
  }

  /** Runs what is ready, in a task of its own. */
  wake() {
    if (this.#isWoken || this.#runReady === undefined) return;
    this.#isWoken = true;
    ops.queueTask(() => {
      this.#isWoken = false;
      showScope(undefined, () => callAtOnce(this.#module, this.#runReady));
    });
  }

  /** What Python calls next belongs to this scope, until the end of the turn. */
  show(scope) {
    ops.setContinuationData(scope);
  }
}

/**
 * A promising call that starts now. Pyodide itself starts each in a task of its own, because no Python
 * code may be below it on the stack.
 * @param {object} module Emscripten's
 * @param {object} callable a PyProxy
 * @param {any[]} args
 * @returns {Promise<any>}
 */
export function callAtOnce(module, callable, ...args) {
  module.stackIsEmpty = true;
  return callable.callPromising(...args);
}
