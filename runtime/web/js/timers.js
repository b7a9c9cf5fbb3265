// setTimeout and friends: https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers
//
// Native code keeps the deadlines and calls `hooks.timer(id)` in a task of its own, in the order of the
// deadlines and, among equal ones, of the calls. As in workerd there is no minimum delay for nested
// timers, and callbacks must be functions.

import {bindCallback} from './callback_scope.js';
import {hooks, ops} from './host.js';
import {queueMicrotask} from './microtasks.js';
import {disallowedOperation, isTopLevel} from './top_level.js';

/** @typedef {{callback: Function, args: any[], period: number | null}} Timer */

/** @type {Map<number, Timer>} */
const timers = new Map();

/**
 * @param {Function} callback
 * @param {any} delay milliseconds
 * @param {boolean} repeat
 * @param {any[]} [args]
 * @returns {number} for cancelTimer
 */
export function startTimer(callback, delay, repeat, args = []) {
  const milliseconds = Number(delay);
  const period = milliseconds > 0 ? milliseconds : 0;  // NaN and negative: as soon as possible
  const id = ops.timerStart(period);
  timers.set(id, {callback, args, period: repeat ? period : null});
  return id;
}

/** @param {number} id */
export function cancelTimer(id) {
  if (timers.delete(id)) ops.timerCancel(id);
}

function runTimer(id) {
  const timer = timers.get(id);
  if (timer === undefined) return;
  if (timer.period === null) timers.delete(id);
  try {
    Reflect.apply(timer.callback, globalThis, timer.args);
  } catch (error) {
    hooks.reportException(error);
  } finally {
    if (timer.period !== null && timers.has(id)) ops.timerRestart(id, timer.period);
  }
}

hooks.timer = runTimer;

function requireFunction(name, callback) {
  if (typeof callback !== 'function') {
    throw new TypeError(
        `Failed to execute '${name}': parameter 1 is not of type 'Function'.`);
  }
}

/** setTimeout for a scheduler: its callbacks know by themselves which event they belong to. */
export function schedulerTimeout(callback, delay = 0, ...args) {
  requireFunction('setTimeout', callback);
  if (isTopLevel()) {
    // Waiting is not possible there; asyncio.sleep(0) and the like only want to be called later.
    if (Number(delay) > 0) throw disallowedOperation();
    queueMicrotask(() => Reflect.apply(callback, globalThis, args));
    return 0;
  }
  return startTimer(callback, delay, false, args);
}

export const timerFunctions = {
  setTimeout(callback, delay = 0, ...args) {
    requireFunction('setTimeout', callback);
    return schedulerTimeout(bindCallback(callback), delay, ...args);
  },
  setInterval(callback, delay = 0, ...args) {
    requireFunction('setInterval', callback);
    if (isTopLevel()) throw disallowedOperation();
    return startTimer(bindCallback(callback), delay, true, args);
  },
  clearTimeout(id = 0) {
    cancelTimer(Number(id));
  },
  clearInterval(id = 0) {
    cancelTimer(Number(id));
  },
};
