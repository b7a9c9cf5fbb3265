// What the SDK asks of requests, responses and bindings, each in one crossing between the languages;
// py/_cloudflare/sdk_requests.py and sdk_bindings.py are the other side.

import {headersFromText, headerText} from '../../web/js/http.js';

/**
 * @param {unknown} headers
 * @returns {string | undefined} a line for each name and for each value, as an iteration gives them;
 *     undefined: they are none
 */
const textOf = (headers) => (headers instanceof Headers ? [...headers].flat().join('\n') : undefined);

/**
 * @param {unknown} request
 * @returns {string | undefined} a line each for the method, the URL's scheme, path and query, and those of
 *     the headers; undefined: it is no request
 */
function parts(request) {
  if (!(request instanceof Request)) return undefined;
  const {protocol, pathname, search} = new URL(request.url);
  const start = `${request.method}\n${protocol.slice(0, -1)}\n${pathname}\n${search.slice(1)}`;
  const headers = headerText(request);
  return headers === '' ? start : `${start}\n${headers}`;
}

/**
 * @param {object | Function} value
 * @returns {string | undefined} the name of its class; "then" where it can be awaited
 */
function kind(value) {
  const name = value.constructor?.name;
  return typeof value.then === 'function' && !REMOTE.has(name) ? 'then' : name;
}

/** Whatever is asked of these is asked of the other side. */
const REMOTE = new Set(['RpcPromise', 'RpcProperty']);

/**
 * @param {() => Uint8Array} memory Python's, as it is now
 * @returns {object} the functions that Python calls
 */
export const sdkRequests = (memory) => ({
  kind,
  parts,
  headers: headersFromText,
  headerText: textOf,
  /** A copy of some of Python's memory. @param {number} address @param {number} length in bytes */
  bytes: (address, length) => memory().slice(address, address + length),
});
