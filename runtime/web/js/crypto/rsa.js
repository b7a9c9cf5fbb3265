// RSASSA-PKCS1-v1_5, RSA-PSS, RSA-OAEP: https://w3c.github.io/webcrypto/#rsassa-pkcs1

import {ops} from '../host.js';
import {
  bigInteger, bytes, dictionary, hash, noParameters, register, unsignedLong,
} from './algorithms.js';
import {exportDer, importDer, importedType, isDer, ofType, pairOf} from './asymmetric.js';
import {checkUsages, dataOf, makeKey} from './crypto_key.js';
import {dataError, notSupported, operationError, required} from './errors.js';
import {base64Url, bytesIn, checkJwk, checkJwkAlgorithm} from './jwk.js';
import {checkEntropy} from './random.js';

/** Bits of a modulus that Workers generate; a multiple of the last. */
const MODULUS = {least: 256, most: 16384, step: 128};
/** Exponents that Workers generate keys with, and those that a key may come with. */
const EXPONENTS = {generated: [3, 65537], imported: [3, 17, 37, 65537]};

/** A key's numbers in a JWK: RFC 7518, section 6.3. */
const PUBLIC_MEMBERS = ['n', 'e'];
const MEMBERS = [...PUBLIC_MEMBERS, 'd', 'p', 'q', 'dp', 'dq', 'qi'];

const NO_BYTES = new Uint8Array();

// --- Signatures and encryption --------------------------------------------------------------------------

const signer = (scheme) => ({saltLength}, key, data) => {
  const {handle, algorithm} = ofType(key, 'private', 'sign');
  return required(
      ops.sign(handle, scheme, algorithm.hash.name, saltLength, data),
      `An RSA key of ${algorithm.modulusLength} bits cannot sign a digest of ${algorithm.hash.name}`)
      .buffer;
};

const verifier = (scheme) => ({saltLength}, key, signature, data) => {
  const {handle, algorithm} = ofType(key, 'public', 'verify');
  return ops.verify(handle, scheme, algorithm.hash.name, saltLength, signature, data);
};

function encrypt({label = NO_BYTES}, key, data) {
  const {handle, algorithm} = ofType(key, 'public', 'encrypt');
  return required(
      ops.rsaOaep(true, handle, algorithm.hash.name, label, data),
      `RSA-OAEP with ${algorithm.hash.name} and a key of ${algorithm.modulusLength} bits cannot ` +
      `encrypt ${data.length} bytes`);
}

function decrypt({label = NO_BYTES}, key, data) {
  const {handle, algorithm} = ofType(key, 'private', 'decrypt');
  return required(
      ops.rsaOaep(false, handle, algorithm.hash.name, label, data),
      'RSA-OAEP could not decrypt the data with this key and label');
}

const pssParameters = dictionary('RsaPssParams', {saltLength: unsignedLong});
const oaepParameters = dictionary('RsaOaepParams', {'label?': bytes});

/** Digest → the end of the name that RFC 7518 has for an algorithm with it. */
const JWK_SUFFIX = {'SHA-1': '1', 'SHA-256': '256', 'SHA-384': '384', 'SHA-512': '512'};
const OAEP_NAME = {
  'SHA-1': 'RSA-OAEP', 'SHA-256': 'RSA-OAEP-256', 'SHA-384': 'RSA-OAEP-384',
  'SHA-512': 'RSA-OAEP-512',
};

const suffixed = (prefix) => (digest) =>
    Object.hasOwn(JWK_SUFFIX, digest) ? prefix + JWK_SUFFIX[digest] : undefined;

/** What differs between the algorithms. */
const ALGORITHMS = {
  'RSASSA-PKCS1-v1_5': {
    use: 'sig',
    usages: {public: ['verify'], private: ['sign']},
    jwkName: suffixed('RS'),
    operations: {sign: [noParameters, signer('PKCS1')], verify: [noParameters, verifier('PKCS1')]},
  },
  'RSA-PSS': {
    use: 'sig',
    usages: {public: ['verify'], private: ['sign']},
    jwkName: suffixed('PS'),
    operations: {sign: [pssParameters, signer('PSS')], verify: [pssParameters, verifier('PSS')]},
  },
  'RSA-OAEP': {
    use: 'enc',
    usages: {public: ['encrypt', 'wrapKey'], private: ['decrypt', 'unwrapKey']},
    jwkName: (digest) => OAEP_NAME[digest],
    operations: {encrypt: [oaepParameters, encrypt], decrypt: [oaepParameters, decrypt]},
  },
};

// --- Keys ---------------------------------------------------------------------------------------------

/** @returns {number} NaN when it is larger than 4 bytes */
function exponentOf(bigEndian) {
  let value = 0;
  for (const byte of bigEndian) value = value * 256 + byte;
  return value < 2 ** 32 ? value : NaN;
}

function checkGenerated({modulusLength, publicExponent}) {
  const {least, most, step} = MODULUS;
  if (modulusLength < least || modulusLength > most || modulusLength % step !== 0) {
    throw operationError(
        `The modulus of an RSA key has ${least} to ${most} bits, a multiple of ${step}, ` +
        `not ${modulusLength}`);
  }
  if (!EXPONENTS.generated.includes(exponentOf(publicExponent))) {
    throw operationError('The exponent of an RSA key is 3 or 65537');
  }
}

function fromJwk(jwk) {
  if (jwk.oth !== undefined) throw notSupported('RSA keys of more than two primes are not supported');
  const members = jwk.d === undefined ? PUBLIC_MEMBERS : MEMBERS;
  return required(
      ops.rsaFromComponents(members.map((member) => bytesIn(jwk, member))),
      'The JWK\'s numbers are not an RSA key', dataError);
}

function toJwk(handle, isPrivate) {
  const components = required(ops.rsaComponents(handle, isPrivate), 'The RSA key is not complete');
  const jwk = {kty: 'RSA'};
  components.forEach((component, i) => { jwk[MEMBERS[i]] = base64Url(component); });
  return jwk;
}

for (const name in ALGORITHMS) {
  const {use, usages: allowed, jwkName, operations} = ALGORITHMS[name];

  const algorithmOf = (handle, digest) => {
    const [, publicExponent] = ops.rsaComponents(handle, false);
    return {name, modulusLength: ops.rsaModulusLength(handle), publicExponent, hash: {name: digest}};
  };

  const generateKey = async (parameters, extractable, usages) => {
    checkUsages(usages, [...allowed.public, ...allowed.private], `An ${name} key`);
    checkGenerated(parameters);
    checkEntropy();
    const {modulusLength, publicExponent, hash} = parameters;
    const handle = required(
        await ops.rsaGenerate(modulusLength, publicExponent),
        `OpenSSL could not generate an RSA key of ${modulusLength} bits`);
    return pairOf(handle, algorithmOf(handle, hash.name), allowed, extractable, usages);
  };

  const importKey = ({hash}, format, data, extractable, usages) => {
    const type = importedType(format, data);
    checkUsages(usages, allowed[type], `A ${type} ${name} key`);
    let handle;
    if (isDer(format)) {
      handle = importDer(format, data, 'RSA');
    } else if (format === 'jwk') {
      checkJwk(data, {kty: 'RSA', use, extractable, usages});
      checkJwkAlgorithm(data, [jwkName(hash.name)]);
      handle = fromJwk(data);
    } else {
      throw notSupported(`An ${name} key cannot be imported as "${format}"`);
    }
    const algorithm = algorithmOf(handle, hash.name);
    const exponent = exponentOf(algorithm.publicExponent);
    if (!EXPONENTS.imported.includes(exponent)) {
      throw operationError(`Imported RSA key has invalid publicExponent ${exponent}.`);
    }
    return makeKey({type, extractable, algorithm, usages, handle});
  };

  const exportKey = (format, key) => {
    if (isDer(format)) return exportDer(format, key);
    if (format !== 'jwk') throw notSupported(`An ${name} key cannot be exported as "${format}"`);
    const {type, handle, algorithm} = dataOf(key);
    const alg = jwkName(algorithm.hash.name);
    return {...toJwk(handle, type === 'private'), ...alg && {alg}};
  };

  register(name, {
    ...operations,
    generateKey: [
      dictionary(
          'RsaHashedKeyGenParams',
          {modulusLength: unsignedLong, publicExponent: bigInteger, hash}),
      generateKey,
    ],
    importKey: [dictionary('RsaHashedImportParams', {hash}), importKey],
    exportKey: [noParameters, exportKey],
  });
}
