// An R2 bucket as a Worker sees it:
// https://developers.cloudflare.com/r2/api/workers/workers-api-reference/

import {ops} from '../../web/js/host.js';
import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {conditionOf, httpMetadataOf, rangeOf} from './conditions.js';
import {R2MultipartUpload} from './multipart_upload.js';
import {objectOf, R2Object} from './r2_object.js';
import {send} from './value.js';

// https://developers.cloudflare.com/r2/platform/limits/
const MAX_METADATA_BYTES = 2048;
const MAX_LIST_KEYS = 1000;
const MAX_DELETED_KEYS = 1000;
// How long each kind is.
const CHECKSUM_BYTES = {md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** As production tells its failures: the method, the reason, the code. */
async function attempt(method, work) {
  if (isTopLevel()) throw disallowedOperation();
  try {
    return await work();
  } catch (error) {
    if (error instanceof TypeError) throw error;
    const hasCode = /\(\d+\)$/.test(error.message);
    throw new Error(`${method}: ${error.message}${hasCode ? '' : ' (10001)'}`, {cause: error});
  }
}

function hexOf(name, value) {
  const hex = typeof value === 'string' ? value.toLowerCase() :
      Array.from(new Uint8Array(value.buffer ?? value, value.byteOffset ?? 0, value.byteLength),
          (byte) => byte.toString(16).padStart(2, '0')).join('');
  const bytes = CHECKSUM_BYTES[name];
  if (hex.length !== 2 * bytes || /[^0-9a-f]/.test(hex)) {
    throw new TypeError(`${name} must be ${bytes} bytes, or as many in hex.`);
  }
  return hex;
}

/** @returns {[string, string]} name and value in hex; empty when none is given */
function checksumOf(options) {
  const names = Object.keys(CHECKSUM_BYTES)
      .filter((name) => options[name] !== undefined && options[name] !== null);
  if (names.length > 1) throw new TypeError('You cannot specify multiple hashing algorithms.');
  return names.length === 0 ? ['', ''] : [names[0], hexOf(names[0], options[names[0]])];
}

/** @returns {string} JSON of what is to be kept with the object */
function describe(key, {httpMetadata, customMetadata, ssecKey, storageClass}) {
  if (ssecKey !== undefined && ssecKey !== null) {
    throw new TypeError('ssecKey: a local bucket keeps no encrypted objects.');
  }
  if (storageClass !== undefined && !['Standard', 'InfrequentAccess'].includes(storageClass)) {
    throw new TypeError(`The storage class "${storageClass}" is neither Standard nor InfrequentAccess.`);
  }
  const custom = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(customMetadata ?? {})) {
    custom[name] = `${value}`;
    bytes += encoder.encode(name).length + encoder.encode(custom[name]).length;
  }
  if (bytes > MAX_METADATA_BYTES) {
    throw new Error('Your metadata headers exceed the maximum allowed metadata size. (10012)');
  }
  return JSON.stringify({key: `${key}`, http: httpMetadataOf(httpMetadata), custom});
}

const encodeCursor = (key) => btoa(String.fromCharCode(...encoder.encode(key)));

function decodeCursor(cursor) {
  try {
    return decoder.decode(Uint8Array.from(atob(cursor), (character) => character.charCodeAt(0)));
  } catch {
    throw new Error('The cursor is not one that list() has returned. (10029)');
  }
}

/** The later one in the order of UTF-8 bytes, which is that of code points. */
function later(a, b) {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i] > right[i] ? a : b;
  }
  return left.length > right.length ? a : b;
}

export class R2Bucket {
  #open;
  #handle;

  /** @param {() => number} open returns the native handle */
  constructor(open) {
    this.#open = open;
  }

  get #bucket() {
    return this.#handle ??= this.#open();
  }

  /** @param {string} key @returns {Promise<R2Object | null>} */
  head(key) {
    return attempt('head', async () => {
      const found = await ops.r2Head(this.#bucket, `${key}`);
      return found === undefined ? null : new R2Object(JSON.parse(found));
    });
  }

  /**
   * @param {string} key
   * @param {{onlyIf?: object | Headers, range?: object | Headers}} [options]
   * @returns {Promise<import('./r2_object.js').R2ObjectBody | R2Object | null>} without a body where the
   *     condition does not hold
   */
  get(key, options) {
    return attempt('get', async () => {
      const {onlyIf, range} = options ?? {};
      const found = await ops.r2Get(this.#bucket, `${key}`, conditionOf(onlyIf), rangeOf(range));
      return found === undefined ? null : objectOf(this.#bucket, found);
    });
  }

  /**
   * @param {string} key
   * @param {null | string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream} value
   * @param {{onlyIf?: object | Headers, httpMetadata?: object | Headers, customMetadata?: object,
   *     md5?: string | ArrayBuffer, sha1?: string | ArrayBuffer, sha256?: string | ArrayBuffer,
   *     sha384?: string | ArrayBuffer, sha512?: string | ArrayBuffer}} [options]
   * @returns {Promise<R2Object | null>} null where the condition does not hold
   */
  put(key, value, options) {
    return attempt('put', async () => {
      const chosen = options ?? {};
      const object = describe(key, chosen);
      const condition = conditionOf(chosen.onlyIf);
      const bucket = this.#bucket;
      const upload = ops.r2Upload(bucket, ...checksumOf(chosen));
      const stored = await send(
          bucket, upload, value, () => ops.r2Put(bucket, upload, object, condition));
      return stored === undefined ? null : new R2Object(JSON.parse(stored));
    });
  }

  /** @param {string | string[]} keys up to 1000 */
  delete(keys) {
    return attempt('delete', async () => {
      const names = (Array.isArray(keys) ? keys : [keys]).map((key) => `${key}`);
      if (names.length > MAX_DELETED_KEYS) {
        throw new Error(`At most ${MAX_DELETED_KEYS} keys can be deleted at once. (10029)`);
      }
      await ops.r2Delete(this.#bucket, JSON.stringify(names));
    });
  }

  /**
   * @param {{prefix?: string, limit?: number, cursor?: string, delimiter?: string, startAfter?: string,
   *     include?: ('httpMetadata' | 'customMetadata')[]}} [options]
   * @returns {Promise<{objects: R2Object[], truncated: boolean, cursor?: string,
   *     delimitedPrefixes: string[]}>}
   */
  list(options) {
    return attempt('list', async () => {
      const {prefix, limit, cursor, delimiter, startAfter, include} = options ?? {};
      const count = limit ?? MAX_LIST_KEYS;
      if (!(count >= 1 && count <= MAX_LIST_KEYS)) {
        throw new Error('MaxKeys params must be positive integer <= 1000. (10022)');
      }
      const after = later(`${startAfter ?? ''}`, cursor ? decodeCursor(`${cursor}`) : '');
      const {objects, prefixes, last} = JSON.parse(await ops.r2List(this.#bucket, JSON.stringify({
        prefix: `${prefix ?? ''}`,
        after,
        delimiter: `${delimiter ?? ''}`,
        limit: Math.floor(count),
      })));
      const wanted = new Set(include ?? []);
      return {
        objects: objects.map(({http, custom, ...object}) => new R2Object({
          ...object,
          http: wanted.has('httpMetadata') ? http : {},
          custom: wanted.has('customMetadata') ? custom : {},
        })),
        truncated: last !== undefined,
        ...(last === undefined ? {} : {cursor: encodeCursor(last)}),
        delimitedPrefixes: prefixes,
      };
    });
  }

  /**
   * @param {string} key
   * @param {{httpMetadata?: object | Headers, customMetadata?: object}} [options]
   * @returns {Promise<R2MultipartUpload>}
   */
  createMultipartUpload(key, options) {
    return attempt('createMultipartUpload', async () => {
      const uploadId = await ops.r2CreateUpload(this.#bucket, describe(key, options ?? {}));
      return this.resumeMultipartUpload(key, uploadId);
    });
  }

  /** Asks nobody whether there is such an upload. @returns {R2MultipartUpload} */
  resumeMultipartUpload(key, uploadId) {
    return new R2MultipartUpload(() => this.#bucket, attempt, `${key}`, `${uploadId}`);
  }
}
