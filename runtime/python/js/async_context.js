// What belongs to the event that is being handled, although the tasks of several events interleave:
// which environment is in force, how deep a call of calls it is, and whose `waitUntil` it is.
//
// There are two carriers. Python's tasks have a context variable (py/_cloudflare/async_context.py);
// JavaScript's promise reactions have the engine's continuation data, to which its timers and microtasks
// are put back by us. Code of one language that is
// called by the other finds what the caller had, because both are asked and the later scope counts:
// scopes are only ever made inside of another. What JavaScript goes on with after a wait has no Python below
// it to ask: so Python's scope is put into the engine's data before each callback (py/_cloudflare/event_loop.py).

import {setCallbackBinder} from '../../web/js/callback_scope.js';
import {ops} from '../../web/js/host.js';

let latest = 0;

/** @typedef {import('./execution_context.js').ExecutionContext} ExecutionContext */

export class Scope {
  /**
   * @param {object} parts
   * @param {ExecutionContext} [parts.context] of the event
   * @param {Record<string, any>} [parts.environment] in force; the Worker's own unless given
   * @param {number} [parts.depth] of calls: 0 for what came from outside
   * @param {{subrequests: number}} [parts.spent] of what is limited for an event with all that it calls
   */
  constructor({context, environment, depth = 0, spent = {subrequests: 0}}) {
    this.context = context;
    this.environment = environment;
    this.depth = depth;
    this.spent = spent;
    this.order = ++latest;
  }
}

/** What belongs to no event. */
export const OUTSIDE = new Scope({});

/** @type {{current: () => Scope | undefined, enter: (scope: Scope | undefined) => void} | undefined} */
let python;

/** @param {typeof python} carrier Python's, once there is one */
export function attachPython(carrier) {
  python = carrier;
}

/** @returns {Scope} the one that the running code belongs to */
export function currentScope() {
  const own = ops.continuationData();
  const pythons = python?.current();
  if (own === undefined) return pythons ?? OUTSIDE;
  return pythons === undefined || pythons.order < own.order ? own : pythons;
}

/**
 * Calls a function in a scope. The tasks and promises that it starts stay in it.
 * @template T
 * @param {Scope} scope
 * @param {() => T} callback
 * @returns {T}
 */
export function runInScope(scope, callback) {
  const own = ops.continuationData();
  const pythons = python?.current();
  ops.setContinuationData(scope);
  python?.enter(scope);
  try {
    return callback();
  } finally {
    ops.setContinuationData(own);
    python?.enter(pythons);
  }
}

/**
 * Calls Python's code, which has put a scope in force or will: so JavaScript that it calls finds the scope
 * after its waits as well, when Python cannot be asked any more.
 * @template T
 * @param {Scope | undefined} scope undefined: not known yet
 * @param {() => T} callback
 * @returns {T}
 */
export function showScope(scope, callback) {
  const own = ops.continuationData();
  ops.setContinuationData(scope);
  try {
    return callback();
  } finally {
    ops.setContinuationData(own);
  }
}

/**
 * Puts a scope in force in the running Python task, or in all code when no task runs.
 * @param {Scope} scope
 * @returns {() => void} puts the one from before in force again
 */
export function enterScope(scope) {
  const before = python?.current();
  python?.enter(scope);
  return () => {
    python?.enter(before);
    // A later callback than the one that entered it was shown it.
    if (ops.continuationData() === scope) ops.setContinuationData(before);
  };
}

setCallbackBinder((callback) => {
  const scope = currentScope();
  if (scope === OUTSIDE) return callback;
  return (...args) => runInScope(scope, () => Reflect.apply(callback, globalThis, args));
});
