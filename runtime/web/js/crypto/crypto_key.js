// CryptoKey: https://w3c.github.io/webcrypto/#cryptokey-interface

import {core} from '../core.js';
import {syntaxError} from './errors.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');
const {createFilteredInspectProxy} = core.loadExtScript('ext:deno_web/01_console.js');
const {markNotSerializable} = core.loadExtScript('ext:deno_web/13_message_port.js');

/** Every usage, in the order in which a key lists its own. */
export const USAGES = [
  'encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey',
];

/**
 * @typedef {object} KeyData what a key is, out of reach of the code that holds it
 * @property {'secret' | 'private' | 'public'} type
 * @property {boolean} extractable
 * @property {{name: string} & Record<string, any>} algorithm
 * @property {string[]} usages each once, in the order of USAGES
 * @property {object} handle of the native key. A pair's two keys share one, so what a handle can do is
 *     not what the key may: the type is asked first.
 */

let constructing = false;
let dataIn;
let hasData;

export class CryptoKey {
  /** @type {KeyData} */
  #data;
  // Objects that code may change; the key's own stay as they are.
  #algorithm;
  #usages;

  constructor(data) {
    if (!constructing) webidl.illegalConstructor();
    this.#data = data;
  }

  static {
    dataIn = (key) => key.#data;
    hasData = (value) => typeof value === 'object' && value !== null && #data in value;
  }

  /** @returns {'secret' | 'private' | 'public'} */
  get type() {
    return this.#data.type;
  }

  /** @returns {boolean} */
  get extractable() {
    return this.#data.extractable;
  }

  /** @returns {object} name and parameters */
  get algorithm() {
    return this.#algorithm ??= copyOf(this.#data.algorithm);
  }

  /** @returns {string[]} */
  get usages() {
    return this.#usages ??= [...this.#data.usages];
  }

  [Symbol.for('Deno.privateCustomInspect')](inspect, options) {
    return inspect(createFilteredInspectProxy({
      object: this,
      evaluate: isCryptoKey(this),
      keys: ['type', 'extractable', 'algorithm', 'usages'],
    }), options);
  }
}
webidl.configureInterface(CryptoKey);
// The standard would have it cloned; Workers do not.
markNotSerializable(CryptoKey.prototype);

function copyOf(value) {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== 'object') return value;
  const copy = {};
  for (const name of Object.keys(value)) copy[name] = copyOf(value[name]);
  return copy;
}

/** @returns {boolean} */
export function isCryptoKey(value) {
  return hasData(value);
}

/** @param {CryptoKey} key @returns {KeyData} */
export function dataOf(key) {
  return dataIn(key);
}

/** @param {KeyData} data usages in any order, each as often as it was given */
export function makeKey(data) {
  constructing = true;
  try {
    return new CryptoKey({...data, usages: USAGES.filter((usage) => data.usages.includes(usage))});
  } finally {
    constructing = false;
  }
}

/**
 * Refuses usages that the kind of key does not have.
 * @param {string[]} usages
 * @param {string[]} allowed
 * @param {string} kind in the message: "a public ECDSA key"
 */
export function checkUsages(usages, allowed, kind) {
  for (const usage of usages) {
    if (!allowed.includes(usage)) throw syntaxError(`${kind} cannot be for "${usage}"`);
  }
}
