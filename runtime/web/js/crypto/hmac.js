// HMAC: https://w3c.github.io/webcrypto/#hmac

import {ops} from '../host.js';
import {dictionary, hash, noParameters, register, unsignedLong, viewOf} from './algorithms.js';
import {checkUsages, dataOf, makeKey} from './crypto_key.js';
import {dataError, notSupported, operationError} from './errors.js';
import {base64Url, bytesIn, checkJwk, checkJwkAlgorithm} from './jwk.js';
import {randomKey} from './random.js';

/** Digest → bits of the block it works on, which is the length of a key of nobody's choosing. */
const BLOCK = {'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024, 'MD5': 512};
/** Digest → RFC 7518's name of HMAC with it. */
const JWK_NAME = {'SHA-1': 'HS1', 'SHA-256': 'HS256', 'SHA-384': 'HS384', 'SHA-512': 'HS512'};

const USAGES = ['sign', 'verify'];

const parameters = dictionary('HmacImportParams', {hash, 'length?': unsignedLong});

function keyOf(handle, bits, {hash: {name}}, extractable, usages) {
  const algorithm = {name: 'HMAC', hash: {name}, length: bits};
  return makeKey({type: 'secret', extractable, algorithm, usages, handle});
}

function keyLength({hash: {name}, length}) {
  if (length === undefined) return BLOCK[name];
  if (length === 0) throw new TypeError('The length of an HMAC key cannot be zero');
  return length;
}

function generateKey(parameters, extractable, usages) {
  checkUsages(usages, USAGES, 'An HMAC key');
  const {hash: {name}, length = BLOCK[name]} = parameters;
  if (length === 0) throw operationError('The length of an HMAC key cannot be zero');
  return keyOf(randomKey(length), length, parameters, extractable, usages);
}

function importKey(parameters, format, data, extractable, usages) {
  checkUsages(usages, USAGES, 'An HMAC key');
  let bytes;
  if (format === 'raw') {
    bytes = viewOf(data);
  } else if (format === 'jwk') {
    checkJwk(data, {kty: 'oct', use: 'sig', extractable, usages});
    bytes = bytesIn(data, 'k');
    checkJwkAlgorithm(data, [JWK_NAME[parameters.hash.name]]);
  } else {
    throw notSupported(`An HMAC key cannot be imported as "${format}"`);
  }
  const bits = bytes.length * 8;
  if (bits === 0) throw dataError('An HMAC key cannot be empty');
  const {length = bits} = parameters;
  if (length > bits || length <= bits - 8) {
    throw dataError(`A key of ${bits} bits cannot have a length of ${length}`);
  }
  return keyOf(ops.secretKeyNew(bytes), length, parameters, extractable, usages);
}

function exportKey(format, key) {
  const {handle, algorithm} = dataOf(key);
  const bytes = ops.secretKeyBytes(handle);
  if (format === 'raw') return bytes;
  if (format === 'jwk') {
    const alg = JWK_NAME[algorithm.hash.name];
    return {kty: 'oct', k: base64Url(new Uint8Array(bytes)), ...alg && {alg}};
  }
  throw notSupported(`An HMAC key cannot be exported as "${format}"`);
}

function sign(_, key, data) {
  const {handle, algorithm} = dataOf(key);
  return ops.hmac(handle, algorithm.hash.name, data);
}

register('HMAC', {
  generateKey: [parameters, generateKey],
  importKey: [parameters, importKey],
  exportKey: [noParameters, exportKey],
  getKeyLength: [parameters, keyLength],
  sign: [noParameters, sign],
  verify: [
    noParameters,
    (_, key, signature, data) => ops.equalInConstantTime(signature, sign(_, key, data)),
  ],
});
