// How proxies of Python objects look in the log: as Python's repr() has it. Without this console.log() would
// show the function that a proxy stands on, or fail where an object takes the name of an attribute for a key.

import {inspect} from '../../web/js/inspect.js';

/** Node's limit for a string inside of a value, in characters. */
const MAXIMUM_LENGTH = 10_000;

/** What all proxies of a kind inherit from: PyProxy's prototype, or that of the ones that can be called. */
function rootOf(proxy) {
  let root = Object.getPrototypeOf(proxy);
  for (;;) {
    const next = Object.getPrototypeOf(root);
    if (next === null || next === Object.prototype || next === Function.prototype) return root;
    root = next;
  }
}

function bounded(text, limit) {
  const more = text.length - limit;
  return more > 0 ? `${text.slice(0, limit)}... ${more} more character${more > 1 ? 's' : ''}` : text;
}

/**
 * @param {Function} textOf `text` of _cloudflare/proxy_text.py, a PyProxy
 * @param {object[]} proxies one that can be called, and one that cannot: what is defined for the two holds
 *     for every other
 */
export function showAsRepr(textOf, proxies) {
  function describe(depth, options) {
    let type;
    try {
      type = this.type;
      return bounded(textOf(this), options.maxStringLength ?? MAXIMUM_LENGTH);
    } catch {
      return type === undefined ? '[PyProxy, destroyed]' : `<${type} object whose repr() failed>`;
    }
  }
  for (const proxy of proxies) {
    Object.defineProperty(rootOf(proxy), inspect.custom, {value: describe, configurable: true});
  }
}
