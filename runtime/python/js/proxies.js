// Pyodide's proxies of Python objects.

/** @param {unknown} value @returns {boolean} whether it is the proxy of a Python object */
export function isProxy(value) {
  return typeof value?.destroy === 'function' && typeof value?.copy === 'function';
}
