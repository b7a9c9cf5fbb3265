// Ed25519 and X25519: https://w3c.github.io/webcrypto/#ed25519. Workers also have the first under the
// name NODE-ED25519, from before the standard had it.

import {ops} from '../host.js';
import {dictionary, noParameters, register, text, viewOf} from './algorithms.js';
import {agreeOn, keyDeriveParameters} from './agreement.js';
import {exportDer, importDer, importedType, isDer, ofType, pairOf} from './asymmetric.js';
import {checkUsages, dataOf, makeKey} from './crypto_key.js';
import {dataError, notSupported, required} from './errors.js';
import {base64Url, bytesIn, checkJwk, checkJwkAlgorithm} from './jwk.js';
import {checkEntropy} from './random.js';

/** Bytes of a key, of either kind. */
const SIZE = 32;

function sign(_, key, data) {
  const {handle} = ofType(key, 'private', 'sign');
  return required(
      ops.sign(handle, 'EdDSA', undefined, 0, data), 'Ed25519 could not sign the data').buffer;
}

function verify(_, key, signature, data) {
  const {handle} = ofType(key, 'public', 'verify');
  return ops.verify(handle, 'EdDSA', undefined, 0, signature, data);
}

const SIGNING = {
  type: 'Ed25519',
  use: 'sig',
  usages: {public: ['verify'], private: ['sign']},
  jwkNames: ['EdDSA'],  // RFC 8037's; the standard now also has "Ed25519", which Workers do not take
  operations: {sign: [noParameters, sign], verify: [noParameters, verify]},
  parameters: noParameters,
};

const ALGORITHMS = {
  'Ed25519': SIGNING,
  'NODE-ED25519': {...SIGNING, parameters: dictionary('EcKeyImportParams', {namedCurve: text})},
  'X25519': {
    type: 'X25519',
    use: 'enc',
    usages: {public: [], private: ['deriveKey', 'deriveBits']},
    operations: {deriveBits: [keyDeriveParameters, agreeOn]},
    parameters: noParameters,
  },
};

function fromBytes(type, isPrivate, bytes, what) {
  if (bytes.length !== SIZE) throw dataError(`${what} has not ${SIZE} bytes`);
  return required(ops.okpFromBytes(type, isPrivate, bytes), `${what} is not a key`, dataError);
}

function fromJwk(jwk, type) {
  if (jwk.crv !== type) throw dataError(`The JWK's "crv" is not "${type}"`);
  const x = bytesIn(jwk, 'x');
  if (jwk.d === undefined) return fromBytes(type, false, x, 'The JWK\'s "x"');
  const handle = fromBytes(type, true, bytesIn(jwk, 'd'), 'The JWK\'s "d"');
  if (!ops.equalInConstantTime(ops.okpBytes(handle, false), x)) {
    throw dataError('The JWK\'s "x" is not the public part of its "d"');
  }
  return handle;
}

for (const name in ALGORITHMS) {
  const {type, use, usages: allowed, jwkNames, operations, parameters} = ALGORITHMS[name];

  const algorithmOf = ({namedCurve}) => {
    if (parameters === noParameters) return {name};
    if (namedCurve !== name) throw notSupported(`The curve of ${name} is not "${namedCurve}"`);
    return {name, namedCurve};
  };

  const generateKey = (given, extractable, usages) => {
    checkUsages(usages, [...allowed.public, ...allowed.private], `An ${name} key`);
    const algorithm = algorithmOf(given);
    checkEntropy();
    const handle = required(ops.okpGenerate(type), `OpenSSL made no key for ${name}`);
    return pairOf(handle, algorithm, allowed, extractable, usages);
  };

  const importKey = (given, format, data, extractable, usages) => {
    const algorithm = algorithmOf(given);
    const kind = importedType(format, data);
    checkUsages(usages, allowed[kind], `A ${kind} ${name} key`);
    let handle;
    if (isDer(format)) {
      handle = importDer(format, data, type);
    } else if (format === 'raw') {
      handle = fromBytes(type, false, viewOf(data), 'The data');
    } else if (format === 'jwk') {
      checkJwk(data, {kty: 'OKP', use, extractable, usages});
      if (jwkNames !== undefined) checkJwkAlgorithm(data, jwkNames);
      handle = fromJwk(data, type);
    } else {
      throw notSupported(`An ${name} key cannot be imported as "${format}"`);
    }
    return makeKey({type: kind, extractable, algorithm, usages, handle});
  };

  const exportKey = (format, key) => {
    if (isDer(format)) return exportDer(format, key);
    const {type: kind, handle} = dataOf(key);
    if (format === 'raw') {
      ofType(key, 'public', 'export as "raw"');
      return ops.okpBytes(handle, false).buffer;
    }
    if (format !== 'jwk') throw notSupported(`An ${name} key cannot be exported as "${format}"`);
    return {
      kty: 'OKP',
      crv: type,
      x: base64Url(ops.okpBytes(handle, false)),
      ...kind === 'private' && {d: base64Url(ops.okpBytes(handle, true))},
      ...jwkNames !== undefined && {alg: jwkNames[0]},
    };
  };

  register(name, {
    ...operations,
    generateKey: [parameters, generateKey],
    importKey: [parameters, importKey],
    exportKey: [noParameters, exportKey],
  });
}
