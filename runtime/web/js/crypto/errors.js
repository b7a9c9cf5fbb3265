// The exceptions of the Web Cryptography API.

import {core} from '../core.js';

const {DOMException} = core.loadExtScript('ext:deno_web/01_dom_exception.js');

const named = (name) => (message) => new DOMException(message, name);

export const dataError = named('DataError');
export const invalidAccess = named('InvalidAccessError');
export const notSupported = named('NotSupportedError');
export const operationError = named('OperationError');
export const syntaxError = named('SyntaxError');

/**
 * @template T
 * @param {T | undefined} result what an op returned: undefined where OpenSSL refused
 * @param {string} message
 * @param {(message: string) => Error} [type]
 * @returns {T}
 */
export function required(result, message, type = operationError) {
  if (result === undefined) throw type(message);
  return result;
}
