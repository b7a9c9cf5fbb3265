// queueMicrotask: https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#microtask-queuing

import {bindCallback} from './callback_scope.js';
import {hooks, ops} from './host.js';

/** The platform's own. @param {() => void} callback what it throws is reported as an uncaught exception */
export function queueMicrotask(callback) {
  ops.enqueueMicrotask(() => {
    try {
      callback();
    } catch (error) {
      hooks.reportException(error);
    }
  });
}

export const microtaskFunctions = {
  queueMicrotask(callback) {
    if (typeof callback !== 'function') {
      throw new TypeError(
          `Failed to execute 'queueMicrotask': parameter 1 is not of type 'Function'.`);
    }
    queueMicrotask(bindCallback(callback));
  },
};
