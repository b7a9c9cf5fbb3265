// What two parties agree on: https://w3c.github.io/webcrypto/#ecdh-operations, and X25519's.

import {ops} from '../host.js';
import {dictionary, key} from './algorithms.js';
import {ofType} from './asymmetric.js';
import {dataOf} from './crypto_key.js';
import {invalidAccess, operationError, required} from './errors.js';

export const keyDeriveParameters = dictionary('EcdhKeyDeriveParams', {public: key});

/**
 * @param {{public: CryptoKey}} parameters the other party's key
 * @param {CryptoKey} own
 * @param {number | null} length in bits; null: all there are
 * @returns {ArrayBuffer}
 */
export function agreeOn({public: peer}, own, length) {
  const {handle, algorithm} = ofType(own, 'private', 'derive bits');
  const other = dataOf(peer);
  if (other.type !== 'public') throw invalidAccess('The other party\'s key is not a public one');
  for (const property of ['name', 'namedCurve']) {
    if (other.algorithm[property] !== algorithm[property]) {
      throw invalidAccess(
          `The keys do not fit: ${algorithm[property]} and ${other.algorithm[property]}`);
    }
  }
  const secret = required(
      ops.agree(handle, other.handle), 'The keys lead to no secret: the other party\'s may be weak');
  return length === null ? secret : firstBits(secret, length);
}

function firstBits(secret, length) {
  if (length > secret.byteLength * 8) {
    throw operationError(
        `There are ${secret.byteLength * 8} bits to derive from these keys, not ${length}`);
  }
  const bytes = new Uint8Array(secret.slice(0, Math.ceil(length / 8)));
  if (length % 8 !== 0) bytes[bytes.length - 1] &= 0xff << 8 - length % 8;
  return bytes.buffer;
}
