// Pyodide's proxies of Python objects.

/** @param {unknown} value @returns {boolean} whether it is the proxy of a Python object */
export function isProxy(value) {
  // A stub of RPC has every name, but all of them are functions.
  return typeof value?.destroy === 'function' && typeof value.copy === 'function' &&
      typeof value.type === 'string';
}
