// Whether the Worker's top level is running: the code outside of handlers, which may be run long
// before the first request, and whose state may be stored. What depends on the moment or waits for
// the outside world is refused there.

let topLevel = false;

/** The Worker's modules are about to be imported. */
export function enterTopLevel() {
  topLevel = true;
}

export function leaveTopLevel() {
  topLevel = false;
}

export function isTopLevel() {
  return topLevel;
}

/** @returns {Error} in Cloudflare's words, which people search for */
export function disallowedOperation() {
  return new Error(
      'Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), ' +
      'setting a timeout, and generating random values are not allowed within global scope. ' +
      'To fix this error, perform this operation within a handler. ' +
      'https://developers.cloudflare.com/workers/runtime-apis/handlers/');
}
