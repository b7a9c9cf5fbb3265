// HKDF and PBKDF2: https://w3c.github.io/webcrypto/#hkdf, https://w3c.github.io/webcrypto/#pbkdf2

import {ops} from '../host.js';
import {bytes, dictionary, hash, noParameters, register, unsignedLong, viewOf} from './algorithms.js';
import {checkUsages, dataOf, makeKey} from './crypto_key.js';
import {notSupported, operationError, required, syntaxError} from './errors.js';

/** Workers refuse more, here as in production. */
const MAXIMUM_ITERATIONS = 100_000;

const importer = (name) => (_, format, data, extractable, usages) => {
  if (format !== 'raw') throw notSupported(`${name} keys cannot be imported as "${format}"`);
  checkUsages(usages, ['deriveKey', 'deriveBits'], `An ${name} key`);
  if (extractable) throw syntaxError(`${name} keys cannot be extractable`);
  const handle = ops.secretKeyNew(viewOf(data));
  return makeKey({type: 'secret', extractable: false, algorithm: {name}, usages, handle});
};

/** @returns {number} bytes */
function sizeOf(length) {
  if (length === null || length % 8 !== 0) {
    throw operationError('The length of derived bits is a multiple of 8');
  }
  return length / 8;
}

function hkdf({hash: {name}, salt, info}, key, length) {
  const size = sizeOf(length);
  if (size === 0) return new ArrayBuffer(0);
  return required(
      ops.hkdf(dataOf(key).handle, name, salt, info, size),
      `HKDF with ${name} cannot derive ${length} bits`);
}

async function pbkdf2({hash: {name}, salt, iterations}, key, length) {
  const size = sizeOf(length);
  if (iterations === 0) throw operationError('PBKDF2 needs at least one iteration');
  if (iterations > MAXIMUM_ITERATIONS) {
    throw notSupported(
        `Pbkdf2 failed: iteration counts above ${MAXIMUM_ITERATIONS} are not supported ` +
        `(requested ${iterations}).`);
  }
  if (size === 0) return new ArrayBuffer(0);
  return required(
      await ops.pbkdf2(dataOf(key).handle, name, salt, iterations, size),
      `PBKDF2 with ${name} could not derive ${length} bits`);
}

register('HKDF', {
  importKey: [noParameters, importer('HKDF')],
  deriveBits: [dictionary('HkdfParams', {hash, salt: bytes, info: bytes}), hkdf],
  getKeyLength: [noParameters, () => null],
});
register('PBKDF2', {
  importKey: [noParameters, importer('PBKDF2')],
  deriveBits: [dictionary('Pbkdf2Params', {hash, salt: bytes, iterations: unsignedLong}), pbkdf2],
  getKeyLength: [noParameters, () => null],
});
