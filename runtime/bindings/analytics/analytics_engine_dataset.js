// A dataset of Analytics Engine:
// https://developers.cloudflare.com/analytics/analytics-engine/get-started/

import {ops} from '../../web/js/host.js';
import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';

// https://developers.cloudflare.com/analytics/analytics-engine/limits/
const MAX_BLOBS = 20;
const MAX_DOUBLES = 20;
const MAX_INDEXES = 1;
const MAX_BLOB_BYTES = 16 * 1024;  // of all blobs together
const MAX_INDEX_BYTES = 96;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const fail = (problem) => new TypeError(`writeDataPoint(): ${problem}`);

/** @returns {any[]} at most `limit` of them */
function listOf(values, name, limit) {
  const list = Array.from(values ?? []);
  if (list.length > limit) throw fail(`Maximum of ${limit} ${name} supported.`);
  return list;
}

/** @param {string | ArrayBuffer | ArrayBufferView | null | undefined} value */
function textOf(value, name) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return decoder.decode(value);
  throw fail(`Every one of ${name} must be a string or an ArrayBuffer, not a ${typeof value}.`);
}

const bytesOf = (texts) => texts.reduce((sum, text) => sum + encoder.encode(text).length, 0);

/** The class's name is part of the interface: the SDK looks for it. */
export class AnalyticsEngineDataset {
  #handle;
  #open;

  /** @param {() => number} open returns the native handle */
  constructor(open) {
    this.#open = open;
  }

  /**
   * Returns at once; the point is written behind the Worker's back, and a failure is logged.
   * @param {{blobs?: (string | ArrayBuffer | null)[], doubles?: number[],
   *     indexes?: (string | ArrayBuffer | null)[]}} [point]
   * @throws {TypeError} for what production refuses
   */
  writeDataPoint(point) {
    if (isTopLevel()) throw disallowedOperation();
    const {blobs, doubles, indexes} = point ?? {};
    const texts = listOf(blobs, 'blobs', MAX_BLOBS).map((value) => textOf(value, 'blobs'));
    const numbers = listOf(doubles, 'doubles', MAX_DOUBLES);
    for (const value of numbers) {
      if (!Number.isFinite(value)) throw fail(`Every one of doubles must be a finite number, not ${value}.`);
    }
    const [index = ''] =
        listOf(indexes, 'indexes', MAX_INDEXES).map((value) => textOf(value, 'indexes'));
    if (bytesOf(texts) > MAX_BLOB_BYTES) {
      throw fail(`Maximum total blob size exceeded (${MAX_BLOB_BYTES} bytes).`);
    }
    if (bytesOf([index]) > MAX_INDEX_BYTES) {
      throw fail(`Maximum index size exceeded (${MAX_INDEX_BYTES} bytes).`);
    }
    this.#handle ??= this.#open();
    ops.analyticsWrite(this.#handle, Date.now(), index, texts, numbers)
        .catch((error) => ops.log('error', `A data point was not written: ${error.message}`));
  }
}
