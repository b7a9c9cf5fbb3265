// The object `crypto`: https://w3c.github.io/webcrypto/#Crypto-interface

import {core} from '../core.js';
import {DigestStream} from './digest_stream.js';
import {fillRandomly} from './random.js';
import {subtle} from './subtle_crypto.js';

const {DOMException} = core.loadExtScript('ext:deno_web/01_dom_exception.js');

/** The standard's limit of one call, in bytes. */
const MAXIMUM = 65536;

const INTEGER_ARRAYS = new Set([
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array',
  'Uint32Array', 'BigInt64Array', 'BigUint64Array',
]);
const typeOf = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

let constructing = false;

export class Crypto {
  constructor() {
    if (!constructing) throw new TypeError('Illegal constructor');
  }

  /** Workers' own. */
  get DigestStream() {
    return DigestStream;
  }

  get subtle() {
    return subtle;
  }

  /**
   * @template {ArrayBufferView} T
   * @param {T} array of integers, at most 65536 bytes
   * @returns {T} the same array, filled
   */
  getRandomValues(array) {
    if (!INTEGER_ARRAYS.has(Reflect.apply(typeOf, array, []))) {
      throw new DOMException(
          'The provided ArrayBufferView is not an integer array type', 'TypeMismatchError');
    }
    if (array.byteLength > MAXIMUM) {
      throw new DOMException(
          `The requested length (${array.byteLength} bytes) exceeds ${MAXIMUM} bytes`,
          'QuotaExceededError');
    }
    fillRandomly(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  }

  /** @returns {string} a version 4 UUID, RFC 9562 section 5.4 */
  randomUUID() {
    const bytes = new Uint8Array(16);
    fillRandomly(bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = '';
    for (const byte of bytes) hex += (byte + 256).toString(16).slice(1);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${
        hex.slice(20)}`;
  }

  get [Symbol.toStringTag]() {
    return 'Crypto';
  }
}

constructing = true;
export const crypto = new Crypto();
constructing = false;
