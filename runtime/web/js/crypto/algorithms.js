// Algorithms by name and operation: https://w3c.github.io/webcrypto/#algorithm-normalization
//
// Each family's file registers what its algorithms can do. An operation is a pair: the converter of its
// parameters and the function that does it.

import {core} from '../core.js';
import {notSupported} from './errors.js';
import {isCryptoKey} from './crypto_key.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');

/** @typedef {{name: string} & Record<string, any>} Parameters of an operation, converted */
/** @typedef {[(value: any, prefix: string, context: string) => Parameters, Function]} Operation */

/** Name in lower case → name as it is written, and operations by name. */
const registered = new Map();

/**
 * @param {string} name as it is written
 * @param {Record<string, Operation>} operations
 */
export function register(name, operations) {
  registered.set(name.toLowerCase(), {name, operations});
}

/**
 * What code asks for, looked up.
 * @param {string} operation "sign"
 * @param {any} algorithm a name, or an object with a name and parameters
 * @param {string} prefix of messages
 * @param {string} [context] what the algorithm is, in messages
 * @returns {{parameters: Parameters, run: Function}} parameters: BufferSources are copied
 */
export function normalize(operation, algorithm, prefix, context = 'Algorithm') {
  const object = typeof algorithm === 'object' && algorithm !== null || typeof algorithm === 'function'
      ? algorithm
      : {name: webidl.converters.DOMString(algorithm, prefix, context)};
  const {name} = noParameters(object, prefix, context);
  const found = registered.get(name.toLowerCase());
  const known = found?.operations[operation];
  if (known === undefined) {
    throw notSupported(found === undefined ?
        `${prefix}: the algorithm "${name}" is not known` :
        `${prefix}: the algorithm "${name}" does not support ${operation}`);
  }
  const [convert, run] = known;
  const parameters = convert(object, prefix, context);
  parameters.name = found.name;
  return {parameters, run};
}

/**
 * @param {string} operation
 * @param {string} name of an algorithm that was normalized before
 * @returns {Function | undefined}
 */
export function operationOf(operation, name) {
  return registered.get(name.toLowerCase()).operations[operation]?.[1];
}

// --- Parameters ---------------------------------------------------------------------------------------

const NAME = {key: 'name', converter: webidl.converters.DOMString, required: true};

/**
 * The converter of a dictionary that inherits from Algorithm.
 * @param {string} name of the dictionary
 * @param {Record<string, Function>} members name → converter; "name?" for one that may be missing
 */
export function dictionary(name, members) {
  return webidl.createDictionaryConverter(name, [NAME], Object.keys(members).map((key) => {
    const optional = key.endsWith('?');
    return {
      key: optional ? key.slice(0, -1) : key,
      converter: members[key],
      required: !optional,
    };
  }));
}

/** Only the name. */
export const noParameters = dictionary('Algorithm', {});

/** @returns {Uint8Array} a copy of the bytes of a BufferSource */
export function bytes(value, prefix, context) {
  return new Uint8Array(viewOf(webidl.converters.BufferSource(value, prefix, context)));
}

/**
 * @param {BufferSource} source
 * @returns {Uint8Array} over the source's memory
 */
export function viewOf(source) {
  return ArrayBuffer.isView(source) ?
      new Uint8Array(source.buffer, source.byteOffset, source.byteLength) :
      new Uint8Array(source);
}

/** @returns {Uint8Array} WebCrypto's BigInteger, big-endian */
export function bigInteger(value, prefix, context) {
  return new Uint8Array(webidl.converters.Uint8Array(value, prefix, context));
}

/** @returns {{name: string}} */
export function hash(value, prefix, context) {
  return {name: normalize('digest', value, prefix, context).parameters.name};
}

export function key(value, prefix, context) {
  if (!isCryptoKey(value)) throw new TypeError(`${prefix}: ${context} is not a CryptoKey`);
  return value;
}

export const text = webidl.converters.DOMString;

const enforced = (type) => (value, prefix, context) =>
    webidl.converters[type](value, prefix, context, {enforceRange: true});
export const unsignedShort = enforced('unsigned short');
export const unsignedLong = enforced('unsigned long');
