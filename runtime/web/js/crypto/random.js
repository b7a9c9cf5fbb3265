// Where random values come from, and when they may be asked for.

import {ops} from '../host.js';
import {disallowedOperation, isTopLevel} from '../top_level.js';

/** @param {Uint8Array} bytes */
export function fillRandomly(bytes) {
  checkEntropy();
  ops.randomBytes(bytes);
}

/** Refuses at the top level, also what OpenSSL generates with random values of its own. */
export function checkEntropy() {
  if (isTopLevel()) throw disallowedOperation();
}

/**
 * @param {number} bits
 * @returns {object} the handle of a new secret key, of whole bytes; the bits beyond are zero
 */
export function randomKey(bits) {
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  fillRandomly(bytes);
  if (bits % 8 !== 0) bytes[bytes.length - 1] &= 0xff << 8 - bits % 8;
  const handle = ops.secretKeyNew(bytes);
  bytes.fill(0);
  return handle;
}
