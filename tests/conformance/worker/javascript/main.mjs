// Imports other modules of the bundle, relative to itself and from the root; text and data as well.

import * as counter from './counter.mjs';
import bytes from '../data/bytes.bin';
import text from '../data/note.txt';
import {sum as add} from 'javascript/deep/sum.mjs';

export {sum} from './deep/sum.mjs';

export class Point {
  constructor(x, y) {
    this.length = Math.hypot(x, y);
  }
}

export default function main(value) {
  return `main: ${add(value, 40)} (${text}) ${bytes.byteLength} bytes`;
}

export function fail(message) {
  throw new RangeError(message);
}

export const later = async () => (await import('./counter.mjs')).name ?? counter.name;
export const missing = () => import('./nowhere.mjs');
export const resolved = async (value) => value;
