// ECDSA and ECDH on NIST's curves: https://w3c.github.io/webcrypto/#ecdsa

import {ops} from '../host.js';
import {dictionary, hash, noParameters, register, text, viewOf} from './algorithms.js';
import {agreeOn, keyDeriveParameters} from './agreement.js';
import {exportDer, importDer, importedType, isDer, ofType, pairOf} from './asymmetric.js';
import {checkUsages, dataOf, makeKey} from './crypto_key.js';
import {dataError, notSupported, required} from './errors.js';
import {base64Url, bytesIn, checkJwk, checkJwkAlgorithm} from './jwk.js';
import {checkEntropy} from './random.js';

/** Curve → bytes of a coordinate, and RFC 7518's name of ECDSA on it. */
const CURVES = {
  'P-256': {size: 32, ecdsa: 'ES256'},
  'P-384': {size: 48, ecdsa: 'ES384'},
  'P-521': {size: 66, ecdsa: 'ES512'},
};

/** What a point that is not compressed starts with: SEC 1, section 2.3.3. */
const UNCOMPRESSED = 4;

function checkCurve(namedCurve) {
  if (!Object.hasOwn(CURVES, namedCurve)) {
    throw notSupported(`The curve "${namedCurve}" is not known: P-256, P-384, P-521`);
  }
  return namedCurve;
}

function sign({hash: {name}}, key, data) {
  const {handle} = ofType(key, 'private', 'sign');
  return required(ops.sign(handle, 'ECDSA', name, 0, data), 'ECDSA could not sign the data').buffer;
}

function verify({hash: {name}}, key, signature, data) {
  const {handle} = ofType(key, 'public', 'verify');
  return ops.verify(handle, 'ECDSA', name, 0, signature, data);
}

const ecdsaParameters = dictionary('EcdsaParams', {hash});

/** What differs between the two. */
const ALGORITHMS = {
  ECDSA: {
    use: 'sig',
    usages: {public: ['verify'], private: ['sign']},
    operations: {sign: [ecdsaParameters, sign], verify: [ecdsaParameters, verify]},
  },
  ECDH: {
    use: 'enc',
    usages: {public: [], private: ['deriveKey', 'deriveBits']},
    operations: {deriveBits: [keyDeriveParameters, agreeOn]},
  },
};

function fromJwk(jwk, curve) {
  if (jwk.crv !== curve) throw dataError(`The JWK's "crv" is not "${curve}"`);
  const {size} = CURVES[curve];
  const [x, y, d] = ['x', 'y', ...jwk.d === undefined ? [] : ['d']].map((member) => {
    const value = bytesIn(jwk, member);
    if (value.length !== size) throw dataError(`The JWK's "${member}" has not ${size} bytes`);
    return value;
  });
  const point = Uint8Array.of(UNCOMPRESSED, ...x, ...y);
  return required(
      d === undefined ? ops.ecFromPoint(curve, point) : ops.ecFromScalar(curve, point, d),
      `The JWK's numbers are not a key on ${curve}`, dataError);
}

function toJwk(handle, isPrivate, curve) {
  const {size} = CURVES[curve];
  const point = required(ops.ecPoint(handle), 'The key has no public part');
  return {
    kty: 'EC',
    crv: curve,
    x: base64Url(point.subarray(1, 1 + size)),
    y: base64Url(point.subarray(1 + size)),
    ...isPrivate && {d: base64Url(required(ops.ecScalar(handle), 'The key has no private part'))},
  };
}

for (const name in ALGORITHMS) {
  const {use, usages: allowed, operations} = ALGORITHMS[name];

  const generateKey = ({namedCurve}, extractable, usages) => {
    checkUsages(usages, [...allowed.public, ...allowed.private], `An ${name} key`);
    checkCurve(namedCurve);
    checkEntropy();
    const handle = required(ops.ecGenerate(namedCurve), `OpenSSL made no key on ${namedCurve}`);
    return pairOf(handle, {name, namedCurve}, allowed, extractable, usages);
  };

  const importKey = ({namedCurve}, format, data, extractable, usages) => {
    checkCurve(namedCurve);
    const type = importedType(format, data);
    checkUsages(usages, allowed[type], `A ${type} ${name} key`);
    let handle;
    if (isDer(format)) {
      handle = importDer(format, data, namedCurve);
    } else if (format === 'raw') {
      handle = required(
          ops.ecFromPoint(namedCurve, viewOf(data)), `The data is not a point on ${namedCurve}`,
          dataError);
    } else if (format === 'jwk') {
      checkJwk(data, {kty: 'EC', use, extractable, usages});
      if (name === 'ECDSA') checkJwkAlgorithm(data, [CURVES[namedCurve].ecdsa]);
      handle = fromJwk(data, namedCurve);
    } else {
      throw notSupported(`An ${name} key cannot be imported as "${format}"`);
    }
    return makeKey({type, extractable, algorithm: {name, namedCurve}, usages, handle});
  };

  const exportKey = (format, key) => {
    if (isDer(format)) return exportDer(format, key);
    const {type, handle, algorithm: {namedCurve}} = dataOf(key);
    if (format === 'jwk') return toJwk(handle, type === 'private', namedCurve);
    if (format === 'raw') {
      ofType(key, 'public', 'export as "raw"');
      return required(ops.ecPoint(handle), 'The key has no public part').buffer;
    }
    throw notSupported(`An ${name} key cannot be exported as "${format}"`);
  };

  const parameters = dictionary('EcKeyImportParams', {namedCurve: text});
  register(name, {
    ...operations,
    generateKey: [parameters, generateKey],
    importKey: [parameters, importKey],
    exportKey: [noParameters, exportKey],
  });
}
