// AES-CBC, AES-CTR, AES-GCM, AES-KW: https://w3c.github.io/webcrypto/#aes-cbc and those beside it.

import {ops} from '../host.js';
import {
  bytes, dictionary, noParameters, register, unsignedLong, unsignedShort, viewOf,
} from './algorithms.js';
import {checkUsages, dataOf, makeKey} from './crypto_key.js';
import {dataError, notSupported, operationError, required} from './errors.js';
import {base64Url, bytesIn, checkJwk, checkJwkAlgorithm} from './jwk.js';
import {randomKey} from './random.js';

/** Bytes. */
const BLOCK = 16;
const KEY_BITS = [128, 192, 256];
/** Bits of tags that AES-GCM has: NIST SP 800-38D, and 32 and 64, which it allows for some uses. */
const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];
const NO_BYTES = new Uint8Array();

const lengthParameters = dictionary('AesKeyGenParams', {length: unsignedShort});

function keyLength({length}) {
  if (!KEY_BITS.includes(length)) {
    throw operationError(`An AES key has 128, 192 or 256 bits, not ${length}`);
  }
  return length;
}

const failed = (name, direction) =>
    `${name} could not ${direction} the data with this key and these parameters`;

// --- The modes ----------------------------------------------------------------------------------------

function checkBlock(value, what) {
  if (value.length !== BLOCK) throw operationError(`${what} has 16 bytes, not ${value.length}`);
}

const cbc = (encrypt) => ({iv}, key, data) => {
  checkBlock(iv, 'The iv of AES-CBC');
  return required(
      ops.aesCbc(encrypt, dataOf(key).handle, iv, data),
      failed('AES-CBC', encrypt ? 'encrypt' : 'decrypt'));
};

function ctr({counter, length}, key, data) {
  checkBlock(counter, 'The counter of AES-CTR');
  if (length === 0 || length > 128) {
    throw operationError(`The counter of AES-CTR has 1 to 128 bits, not ${length}`);
  }
  return required(
      ops.aesCtr(dataOf(key).handle, counter, length, data),
      `A counter of ${length} bits repeats itself within ${data.length} bytes`);
}

function tagSize(bits = 128) {
  if (!TAG_BITS.includes(bits)) {
    throw operationError(`The tag of AES-GCM has ${TAG_BITS.join(', ')} bits, not ${bits}`);
  }
  return bits / 8;
}

function gcmEncrypt({iv, additionalData = NO_BYTES, tagLength}, key, data) {
  return required(
      ops.aesGcmEncrypt(dataOf(key).handle, iv, additionalData, tagSize(tagLength), data),
      failed('AES-GCM', 'encrypt'));
}

function gcmDecrypt({iv, additionalData = NO_BYTES, tagLength}, key, data) {
  return required(
      ops.aesGcmDecrypt(dataOf(key).handle, iv, additionalData, tagSize(tagLength), data),
      failed('AES-GCM', 'decrypt'));
}

const wrap = (wrapping) => (_, key, data) => required(
    ops.aesKeyWrap(wrapping, dataOf(key).handle, data),
    failed('AES-KW', wrapping ? 'wrap' : 'unwrap'));

// The standard's numbers are octets; Workers let larger ones come as far as the range check.
const ctrParameters = dictionary('AesCtrParams', {counter: bytes, length: unsignedLong});
const gcmParameters =
    dictionary('AesGcmParams', {iv: bytes, 'additionalData?': bytes, 'tagLength?': unsignedLong});
const cbcParameters = dictionary('AesCbcParams', {iv: bytes});

/** Name → what it does with data. */
const MODES = {
  'AES-CBC': {encrypt: [cbcParameters, cbc(true)], decrypt: [cbcParameters, cbc(false)]},
  'AES-CTR': {encrypt: [ctrParameters, ctr], decrypt: [ctrParameters, ctr]},
  'AES-GCM': {encrypt: [gcmParameters, gcmEncrypt], decrypt: [gcmParameters, gcmDecrypt]},
  'AES-KW': {wrapKey: [noParameters, wrap(true)], unwrapKey: [noParameters, wrap(false)]},
};

// --- Keys ---------------------------------------------------------------------------------------------

for (const name in MODES) {
  const allowed = name === 'AES-KW' ? ['wrapKey', 'unwrapKey'] :
                                      ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
  const kind = `An ${name} key`;
  const jwkName = (bits) => `A${bits}${name.slice('AES-'.length)}`;

  const keyOf = (handle, length, extractable, usages) =>
      makeKey({type: 'secret', extractable, algorithm: {name, length}, usages, handle});

  const generateKey = (parameters, extractable, usages) => {
    checkUsages(usages, allowed, kind);
    const length = keyLength(parameters);
    return keyOf(randomKey(length), length, extractable, usages);
  };

  const importKey = (_, format, data, extractable, usages) => {
    checkUsages(usages, allowed, kind);
    let key;
    if (format === 'raw') {
      key = viewOf(data);
    } else if (format === 'jwk') {
      checkJwk(data, {kty: 'oct', use: 'enc', extractable, usages});
      key = bytesIn(data, 'k');
    } else {
      throw notSupported(`${kind} cannot be imported as "${format}"`);
    }
    const bits = key.length * 8;
    if (!KEY_BITS.includes(bits)) throw dataError(`${kind} has 128, 192 or 256 bits, not ${bits}`);
    if (format === 'jwk') checkJwkAlgorithm(data, [jwkName(bits)]);
    return keyOf(ops.secretKeyNew(key), bits, extractable, usages);
  };

  const exportKey = (format, key) => {
    const {handle, algorithm} = dataOf(key);
    const raw = ops.secretKeyBytes(handle);
    if (format === 'raw') return raw;
    if (format === 'jwk') {
      return {kty: 'oct', k: base64Url(new Uint8Array(raw)), alg: jwkName(algorithm.length)};
    }
    throw notSupported(`${kind} cannot be exported as "${format}"`);
  };

  register(name, {
    ...MODES[name],
    generateKey: [lengthParameters, generateKey],
    importKey: [noParameters, importKey],
    exportKey: [noParameters, exportKey],
    getKeyLength: [lengthParameters, keyLength],
  });
}
