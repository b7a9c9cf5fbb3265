// What RSA's keys and those of elliptic curves have in common: two of them from one handle, and the
// formats SPKI and PKCS #8.

import {ops} from '../host.js';
import {viewOf} from './algorithms.js';
import {dataOf, makeKey} from './crypto_key.js';
import {dataError, invalidAccess, required} from './errors.js';

/** @typedef {{public: string[], private: string[]}} Allowed the usages that each key of a pair has */

/**
 * @param {object} handle
 * @param {object} algorithm
 * @param {Allowed} allowed
 * @param {boolean} extractable the private one; the public one always is
 * @param {string[]} usages of both together
 * @returns {{publicKey: CryptoKey, privateKey: CryptoKey}}
 */
export function pairOf(handle, algorithm, allowed, extractable, usages) {
  const keyOf = (type, extractable) => makeKey({
    type,
    extractable,
    algorithm,
    usages: usages.filter((usage) => allowed[type].includes(usage)),
    handle,
  });
  return {publicKey: keyOf('public', true), privateKey: keyOf('private', extractable)};
}

/**
 * @param {CryptoKey} key
 * @param {'public' | 'private'} type that it takes
 * @param {string} what is to be done
 * @returns the key's data
 */
export function ofType(key, type, what) {
  const data = dataOf(key);
  if (data.type !== type) throw invalidAccess(`To ${what} takes a ${type} key`);
  return data;
}

/** Format → what it holds, and the ops that read and write it. */
const FORMATS = {
  spki: {type: 'public', read: ops.keyFromSpki, write: ops.keyToSpki},
  pkcs8: {type: 'private', read: ops.keyFromPkcs8, write: ops.keyToPkcs8},
};

/** @param {string} format @param {Record<string, any>} data a JWK, for that format */
export function importedType(format, data) {
  if (format === 'jwk') return data.d === undefined ? 'public' : 'private';
  return FORMATS[format]?.type ?? 'public';
}

/**
 * @param {'spki' | 'pkcs8'} format
 * @param {BufferSource} data
 * @param {string} kind of key, as the ops name it
 * @returns {object} a handle
 */
export function importDer(format, data, kind) {
  return required(
      FORMATS[format].read(viewOf(data), kind), `The data has no ${kind} key in the format "${format}"`,
      dataError);
}

/** @returns {ArrayBuffer} */
export function exportDer(format, key) {
  const {type, write} = FORMATS[format];
  const {handle} = ofType(key, type, `export as "${format}"`);
  return required(write(handle), `The key cannot be written as "${format}"`);
}

export const isDer = (format) => Object.hasOwn(FORMATS, format);
