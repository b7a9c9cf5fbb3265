// SubtleCrypto: https://w3c.github.io/webcrypto/#subtlecrypto-interface
//
// A method converts its arguments, looks the algorithm up, checks the key and has the algorithm's
// family do the rest. Nearly all of that is done before the method returns, so nothing has to be copied
// that the caller could change meanwhile.

import {core} from '../core.js';
import {ops} from '../host.js';
import {normalize, operationOf, viewOf} from './algorithms.js';
import {dataOf, isCryptoKey, USAGES} from './crypto_key.js';
import {dataError, invalidAccess, notSupported, syntaxError} from './errors.js';
import {toJwk} from './jwk.js';

import './aes.js';
import './curve25519.js';
import './derivation.js';
import './digest.js';
import './elliptic_curves.js';
import './hmac.js';
import './rsa.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');

const toFormat = webidl.createEnumConverter('KeyFormat', ['raw', 'spki', 'pkcs8', 'jwk']);
const toUsages =
    webidl.createSequenceConverter(webidl.createEnumConverter('KeyUsage', USAGES));
const toLength = webidl.converters['unsigned long?'];

/** The arguments of one call, converted one after the other. */
class Arguments {
  #values;
  #next = 0;

  /** @param {string} method @param {IArguments} values @param {number} required how many */
  constructor(method, values, required) {
    this.prefix = `Failed to execute '${method}' on 'SubtleCrypto'`;
    webidl.requiredArguments(values.length, required, this.prefix);
    this.#values = values;
  }

  #take(convert) {
    return convert(this.#values[this.#next], this.prefix, `Argument ${++this.#next}`);
  }

  /** Not converted: what it may hold depends on the name. */
  algorithm() {
    return this.#take((value) => value);
  }
  key() {
    return this.#take((value, prefix, context) => {
      if (!isCryptoKey(value)) throw new TypeError(`${prefix}: ${context} is not a CryptoKey`);
      return value;
    });
  }
  bytes() {
    return this.#take(webidl.converters.BufferSource);
  }
  /** @returns {BufferSource | Record<string, any>} a JWK in the second case */
  keyData() {
    return this.#take((value, prefix, context) =>
        isBufferSource(value) ? webidl.converters.BufferSource(value, prefix, context) :
                                toJwk(value, prefix, context));
  }
  boolean() {
    return this.#take(webidl.converters.boolean);
  }
  format() {
    return this.#take(toFormat);
  }
  length() {
    return this.#take((value, ...rest) => toLength(value ?? null, ...rest));
  }
  usages() {
    return this.#take(toUsages);
  }
}

const isBufferSource = (value) => ArrayBuffer.isView(value) || core.isAnyArrayBuffer(value);

/** Refuses a key that is not of the algorithm, or not for what it is to do. */
function checkKey(key, {name}, usage, prefix) {
  const {algorithm, usages} = dataOf(key);
  if (algorithm.name !== name) {
    throw invalidAccess(`${prefix}: the key is of ${algorithm.name}, not of ${name}`);
  }
  if (!usages.includes(usage)) {
    throw invalidAccess(`${prefix}: the key's usages do not have "${usage}"`);
  }
}

/** Refuses a key that could never be used. */
function checkUsable(result, prefix) {
  const {type, usages} = dataOf(isCryptoKey(result) ? result : result.privateKey);
  if (type !== 'public' && usages.length === 0) {
    throw syntaxError(`${prefix}: a ${type} key needs usages`);
  }
  return result;
}

function exportAs(format, key, prefix) {
  const {algorithm: {name}, extractable, usages} = dataOf(key);
  const run = operationOf('exportKey', name);
  if (run === undefined) throw notSupported(`${prefix}: ${name} keys cannot be exported`);
  if (!extractable) throw invalidAccess(`${prefix}: the key is not extractable`);
  const exported = run(format, key);
  return format === 'jwk' ? {...exported, key_ops: [...usages], ext: extractable} : exported;
}

function importAs(format, data, {parameters, run}, extractable, usages, prefix) {
  if (isBufferSource(data) === (format === 'jwk')) {
    throw new TypeError(
        `${prefix}: the data of "${format}" is ${format === 'jwk' ? 'a JWK' : 'bytes'}`);
  }
  return checkUsable(run(parameters, format, data, extractable, usages), prefix);
}

/** The algorithm for one operation or, when it does not have that, for the other. */
function normalizeEither(operation, other, algorithm, prefix) {
  try {
    return normalize(operation, algorithm, prefix);
  } catch {
    return normalize(other, algorithm, prefix);
  }
}

/** A JWK from the bytes that wrapKey() made of it. */
function parseJwk(bytes, prefix) {
  let jwk;
  try {
    jwk = toJwk(JSON.parse(core.decode(bytes)), prefix, 'The key');
  } catch {
    throw dataError(`${prefix}: what was unwrapped is not a JWK`);
  }
  if (jwk.kty === undefined) throw dataError(`${prefix}: the JWK that was unwrapped has no "kty"`);
  return jwk;
}

let constructing = false;

export class SubtleCrypto {
  #brand = true;

  constructor() {
    if (!constructing) webidl.illegalConstructor();
  }

  static #check(object) {
    if (!(#brand in object)) throw new TypeError('Illegal invocation');
  }

  async encrypt(algorithm, key, data) {
    SubtleCrypto.#check(this);
    const given = new Arguments('encrypt', arguments, 3);
    [algorithm, key, data] = [given.algorithm(), given.key(), given.bytes()];
    const {parameters, run} = normalize('encrypt', algorithm, given.prefix);
    checkKey(key, parameters, 'encrypt', given.prefix);
    return run(parameters, key, viewOf(data));
  }

  async decrypt(algorithm, key, data) {
    SubtleCrypto.#check(this);
    const given = new Arguments('decrypt', arguments, 3);
    [algorithm, key, data] = [given.algorithm(), given.key(), given.bytes()];
    const {parameters, run} = normalize('decrypt', algorithm, given.prefix);
    checkKey(key, parameters, 'decrypt', given.prefix);
    return run(parameters, key, viewOf(data));
  }

  async sign(algorithm, key, data) {
    SubtleCrypto.#check(this);
    const given = new Arguments('sign', arguments, 3);
    [algorithm, key, data] = [given.algorithm(), given.key(), given.bytes()];
    const {parameters, run} = normalize('sign', algorithm, given.prefix);
    checkKey(key, parameters, 'sign', given.prefix);
    return run(parameters, key, viewOf(data));
  }

  async verify(algorithm, key, signature, data) {
    SubtleCrypto.#check(this);
    const given = new Arguments('verify', arguments, 4);
    [algorithm, key, signature, data] =
        [given.algorithm(), given.key(), given.bytes(), given.bytes()];
    const {parameters, run} = normalize('verify', algorithm, given.prefix);
    checkKey(key, parameters, 'verify', given.prefix);
    return run(parameters, key, viewOf(signature), viewOf(data));
  }

  async digest(algorithm, data) {
    SubtleCrypto.#check(this);
    const given = new Arguments('digest', arguments, 2);
    [algorithm, data] = [given.algorithm(), given.bytes()];
    const {parameters, run} = normalize('digest', algorithm, given.prefix);
    return run(parameters, viewOf(data));
  }

  async generateKey(algorithm, extractable, usages) {
    SubtleCrypto.#check(this);
    const given = new Arguments('generateKey', arguments, 3);
    [algorithm, extractable, usages] = [given.algorithm(), given.boolean(), given.usages()];
    const {parameters, run} = normalize('generateKey', algorithm, given.prefix);
    return checkUsable(await run(parameters, extractable, usages), given.prefix);
  }

  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, usages) {
    SubtleCrypto.#check(this);
    const given = new Arguments('deriveKey', arguments, 5);
    [algorithm, baseKey, derivedKeyType] = [given.algorithm(), given.key(), given.algorithm()];
    [extractable, usages] = [given.boolean(), given.usages()];
    const {parameters, run} = normalize('deriveBits', algorithm, given.prefix);
    const context = 'The derived key\'s algorithm';
    const importing = normalize('importKey', derivedKeyType, given.prefix, context);
    const measuring = normalize('getKeyLength', derivedKeyType, given.prefix, context);
    checkKey(baseKey, parameters, 'deriveKey', given.prefix);
    const length = measuring.run(measuring.parameters);
    const secret = await run(parameters, baseKey, length);
    return importAs('raw', secret, importing, extractable, usages, given.prefix);
  }

  async deriveBits(algorithm, baseKey, length = null) {
    SubtleCrypto.#check(this);
    const given = new Arguments('deriveBits', arguments, 2);
    [algorithm, baseKey, length] = [given.algorithm(), given.key(), given.length()];
    const {parameters, run} = normalize('deriveBits', algorithm, given.prefix);
    checkKey(baseKey, parameters, 'deriveBits', given.prefix);
    return run(parameters, baseKey, length);
  }

  async importKey(format, keyData, algorithm, extractable, usages) {
    SubtleCrypto.#check(this);
    const given = new Arguments('importKey', arguments, 5);
    [format, keyData, algorithm] = [given.format(), given.keyData(), given.algorithm()];
    [extractable, usages] = [given.boolean(), given.usages()];
    const importing = normalize('importKey', algorithm, given.prefix);
    return importAs(format, keyData, importing, extractable, usages, given.prefix);
  }

  async exportKey(format, key) {
    SubtleCrypto.#check(this);
    const given = new Arguments('exportKey', arguments, 2);
    [format, key] = [given.format(), given.key()];
    return exportAs(format, key, given.prefix);
  }

  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    SubtleCrypto.#check(this);
    const given = new Arguments('wrapKey', arguments, 4);
    [format, key, wrappingKey, wrapAlgorithm] =
        [given.format(), given.key(), given.key(), given.algorithm()];
    const {parameters, run} = normalizeEither('wrapKey', 'encrypt', wrapAlgorithm, given.prefix);
    checkKey(wrappingKey, parameters, 'wrapKey', given.prefix);
    const exported = exportAs(format, key, given.prefix);
    const bytes = format === 'jwk' ? core.encode(JSON.stringify(exported)) : viewOf(exported);
    return run(parameters, wrappingKey, bytes);
  }

  async unwrapKey(
      format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, usages) {
    SubtleCrypto.#check(this);
    const given = new Arguments('unwrapKey', arguments, 7);
    [format, wrappedKey, unwrappingKey] = [given.format(), given.bytes(), given.key()];
    [unwrapAlgorithm, unwrappedKeyAlgorithm] = [given.algorithm(), given.algorithm()];
    [extractable, usages] = [given.boolean(), given.usages()];
    const {parameters, run} = normalizeEither('unwrapKey', 'decrypt', unwrapAlgorithm, given.prefix);
    const importing = normalize(
        'importKey', unwrappedKeyAlgorithm, given.prefix, 'The unwrapped key\'s algorithm');
    checkKey(unwrappingKey, parameters, 'unwrapKey', given.prefix);
    const bytes = run(parameters, unwrappingKey, viewOf(wrappedKey));
    const data = format === 'jwk' ? parseJwk(new Uint8Array(bytes), given.prefix) : bytes;
    return importAs(format, data, importing, extractable, usages, given.prefix);
  }

  /**
   * Workers' own: whether two values are equal, in a time that does not tell where they differ.
   * @param {BufferSource} a
   * @param {BufferSource} b as long
   * @returns {boolean}
   */
  timingSafeEqual(a, b) {
    SubtleCrypto.#check(this);
    const given = new Arguments('timingSafeEqual', arguments, 2);
    [a, b] = [given.bytes(), given.bytes()];
    if (a.byteLength !== b.byteLength) {
      throw new TypeError('Input buffers must have the same byte length.');
    }
    return ops.equalInConstantTime(a, b);
  }
}
webidl.configureInterface(SubtleCrypto);

constructing = true;
export const subtle = new SubtleCrypto();
constructing = false;
