// What timers and microtasks take along from the code that sets them: the event that it belongs to.
// Promises do so by themselves (the engine's continuation data). Who knows of events puts in what binds
// a callback to the one at hand.

/** @typedef {(callback: Function) => Function} Binder */

/** @type {Binder} */
let binder = (callback) => callback;

/** @param {Binder} bind returns a function that calls the given one as the code that is running now */
export function setCallbackBinder(bind) {
  binder = bind;
}

/** @type {Binder} */
export function bindCallback(callback) {
  return binder(callback);
}
