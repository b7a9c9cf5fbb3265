// The `ctx` of an event: https://developers.cloudflare.com/workers/runtime-apis/context/

import {hooks} from '../../web/js/host.js';
import {isProxy} from './proxies.js';

async function settle(promise) {
  // A coroutine's proxy would be destroyed when the Python call that passed it returns.
  if (!isProxy(promise)) return void await promise;
  const kept = promise.copy();
  try {
    // Asked at once, and not in a microtask as `await` would: the task that a coroutine becomes belongs to
    // the event of the code that has called us.
    await new Promise((resolve, reject) => { kept.then(resolve, reject); });
  } finally {
    kept.destroy();
  }
}

export class ExecutionContext {
  /** For work that belongs to no event in particular. */
  static shared = new ExecutionContext();

  /** @type {Set<Promise<boolean>>} under way */
  #tasks = new Set();
  #failed = false;

  #props;
  #isConverted = false;

  /** Makes a Python value, behind a proxy, of props. @type {(props: any) => any} */
  static propsForPython;

  /** @param {object} [props] what the binding says that the event came through */
  constructor(props = {}) {
    this.#props = props;
  }

  /** Handlers are Python, so theirs is a dict; few look, so it is made when one does. */
  get props() {
    if (!this.#isConverted && ExecutionContext.propsForPython !== undefined) {
      this.#props = ExecutionContext.propsForPython(this.#props);
      this.#isConverted = true;
    }
    return this.#props;
  }

  /** @param {any} promise any thenable, a Python task included; it may go on after the response */
  waitUntil(promise) {
    const task = hooks.waitUntil(settle(promise));
    this.#tasks.add(task);
    task.then((succeeded) => {
      this.#tasks.delete(task);
      this.#failed ||= !succeeded;
    });
  }

  /**
   * @param {ExecutionContext} context
   * @returns {Promise<boolean>} when all that it was told to wait for is over: whether all went well
   */
  static async finished(context) {
    while (context.#tasks.size > 0) await Promise.all(context.#tasks);
    return !context.#failed;
  }

  /** @param {ExecutionContext} context @returns {boolean} whether it waits for something */
  static isBusy(context) {
    return context.#tasks.size > 0;
  }

  passThroughOnException() {}

  get [Symbol.toStringTag]() {
    return 'ExecutionContext';
  }
}

const patched = new WeakSet();

/**
 * Makes `ctx.waitUntil` take Python coroutines and futures. Other objects than execution contexts are
 * left alone: a Durable Object's state keeps its own.
 */
export function patchWaitUntil(ctx) {
  if (Object.prototype.toString.call(ctx) !== '[object ExecutionContext]' || patched.has(ctx)) return;
  const original = ctx.waitUntil;
  patched.add(ctx);
  ctx.waitUntil = (promise) => original.call(ctx, settle(promise));
}
