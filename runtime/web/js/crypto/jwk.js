// JSON Web Keys: RFC 7517, and https://w3c.github.io/webcrypto/#JsonWebKey-dictionary

import {core} from '../core.js';
import {ops} from '../host.js';
import {dataError} from './errors.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');

const string = (key) => ({key, converter: webidl.converters.DOMString});
const otherPrime = webidl.createDictionaryConverter('RsaOtherPrimesInfo', ['r', 'd', 't'].map(string));

/** WebIDL's dictionary JsonWebKey. */
export const toJwk = webidl.createDictionaryConverter('JsonWebKey', [
  ...['kty', 'use', 'alg', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi', 'k'].map(string),
  {key: 'key_ops', converter: webidl.converters['sequence<DOMString>']},
  {key: 'ext', converter: webidl.converters.boolean},
  {key: 'oth', converter: webidl.createSequenceConverter(otherPrime)},
]);

/**
 * Refuses a key that is not for what it is to be imported for.
 * @param {Record<string, any>} jwk
 * @param {{kty: string, use: 'sig' | 'enc', extractable: boolean, usages: string[]}} expected
 */
export function checkJwk(jwk, {kty, use, extractable, usages}) {
  if (jwk.kty !== kty) throw dataError(`The JWK's "kty" is not "${kty}"`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) {
    throw dataError(`The JWK's "use" is not "${use}"`);
  }
  if (jwk.key_ops !== undefined) {
    if (new Set(jwk.key_ops).size !== jwk.key_ops.length) {
      throw dataError('The JWK\'s "key_ops" has one of them twice');
    }
    const missing = usages.find((usage) => !jwk.key_ops.includes(usage));
    if (missing !== undefined) throw dataError(`The JWK's "key_ops" does not have "${missing}"`);
  }
  if (jwk.ext === false && extractable) {
    throw dataError('The JWK\'s "ext" says that it is not extractable');
  }
}

/**
 * @param {Record<string, any>} jwk
 * @param {string[]} names what its "alg" may be, where it has one
 */
export function checkJwkAlgorithm(jwk, names) {
  if (jwk.alg !== undefined && !names.includes(jwk.alg)) {
    throw dataError(`The JWK's "alg" is not "${names[0]}"`);
  }
}

/**
 * A member that holds bytes.
 * @param {Record<string, any>} jwk
 * @param {string} member
 * @returns {Uint8Array}
 */
export function bytesIn(jwk, member) {
  const text = jwk[member];
  if (text === undefined) throw dataError(`The JWK has no "${member}"`);
  const decoded = /^[\w-]*$/.test(text) ?
      ops.base64Decode(text.replaceAll('-', '+').replaceAll('_', '/')) :
      undefined;
  if (decoded === undefined) throw dataError(`The JWK's "${member}" is not base64url`);
  return decoded;
}

/** @param {Uint8Array} bytes @returns {string} base64url without padding: RFC 7515, section 2 */
export function base64Url(bytes) {
  return ops.base64Encode(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
