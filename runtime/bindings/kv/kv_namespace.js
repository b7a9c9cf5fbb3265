// A KV namespace as a Worker sees it: https://developers.cloudflare.com/kv/api/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';

/**
 * @typedef {object} KvEntry
 * @property {Uint8Array} value
 * @property {number} [expiration] seconds since 1970
 * @property {any} [metadata] as parsed from JSON
 */

/**
 * Where a namespace's data is. Entries that have expired are not there.
 * @typedef {object} KvStore
 * @property {(key: string, wanted: {metadata: boolean}) => Promise<KvEntry | undefined>} get
 * @property {(key: string, entry: KvEntry) => Promise<void>} put
 * @property {(keys: string[]) => Promise<void>} delete
 * @property {(prefix: string, cursor: string | undefined, count: number) => Promise<
 *     {keys: {name: string, expiration?: number, metadata?: any}[], cursor?: string}>} list the first `count`
 *     keys from the cursor on, in the order of their UTF-8 bytes; with a cursor where there are more
 *
 * Errors have the message, and where it is known the `status` of HTTP, that production would tell.
 */

// https://developers.cloudflare.com/kv/platform/limits/
const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 25 * 1024 * 1024;
const MAX_METADATA_BYTES = 1024;
const MIN_TTL_SECONDS = 60;
const MAX_LIST_KEYS = 1000;
const MAX_BULK_KEYS = 100;
const MAX_BULK_BYTES = 25 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const nowInSeconds = () => Math.floor(Date.now() / 1000);

/** @param {'GET' | 'GET_BULK' | 'PUT' | 'DELETE'} operation as production names it; lists are GETs */
function failed(operation, status, reason) {
  return new Error(`KV ${operation} failed: ${status} ${reason}`);
}

function checkKey(operation, key) {
  if (isTopLevel()) throw disallowedOperation();
  if (key === '') throw new TypeError('Key name cannot be empty.');
  if (key === '.' || key === '..') throw new TypeError(`"${key}" is not allowed as a key name.`);
  checkKeyLength(operation, key);
}

function checkKeyLength(operation, key) {
  const length = encoder.encode(key).length;
  if (length > MAX_KEY_BYTES) {
    throw failed(operation, 414,
        `UTF-8 encoded length of ${length} exceeds key length limit of ${MAX_KEY_BYTES}.`);
  }
}

/** What the store cannot do is told as production tells its own failures. */
async function attempt(operation, work) {
  try {
    return await work();
  } catch (error) {
    throw failed(operation, error.status ?? 500, error.message);
  }
}

const CONVERSIONS = {
  text: (bytes) => decoder.decode(bytes),
  json: (bytes) => JSON.parse(decoder.decode(bytes)),
  arrayBuffer: (bytes) => bytes.buffer,
  stream: (bytes) => new Response(bytes).body,
};

/** @param {string | {type?: string, cacheTtl?: number} | undefined | null} options */
function readType(options) {
  const {type, cacheTtl} = typeof options === 'string' ? {type: options} : options ?? {};
  if (cacheTtl !== undefined && cacheTtl !== null && !(cacheTtl >= 30)) {
    throw failed('GET', 400, `Invalid cache_ttl of ${cacheTtl}. Cache TTL must be at least 30.`);
  }
  const chosen = type ?? 'text';
  if (!Object.hasOwn(CONVERSIONS, chosen)) {
    throw new TypeError(
        'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
  }
  return chosen;
}

/** Stops reading where the value is too long anyhow. */
async function readStream(stream) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? encoder.encode(chunk) : new Uint8Array(
        chunk.buffer ?? chunk, chunk.byteOffset ?? 0, chunk.byteLength);
    length += bytes.length;
    if (length > MAX_VALUE_BYTES) break;
    chunks.push(bytes);
  }
  checkLength(length);
  const whole = new Uint8Array(length);
  let position = 0;
  for (const bytes of chunks) {
    whole.set(bytes, position);
    position += bytes.length;
  }
  return whole;
}

function checkLength(length) {
  if (length > MAX_VALUE_BYTES) {
    throw failed('PUT', 413, `Value length of ${length} exceeds limit of ${MAX_VALUE_BYTES}.`);
  }
}

async function bytesOf(value) {
  if (typeof value === 'string') return encoder.encode(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  }
  if (value instanceof ReadableStream) return readStream(value);
  throw new TypeError(
      'KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.');
}

/** Seconds, from a number or a numeric string. */
function wholeSeconds(name, value, smallest, reason) {
  const seconds = Number(value);
  if (!Number.isInteger(seconds) || seconds <= 0) {
    throw failed('PUT', 400, `Invalid ${name} of ${value}. Please specify integer greater than 0.`);
  }
  if (seconds < smallest) throw failed('PUT', 400, `Invalid ${name} of ${value}. ${reason}`);
  return seconds;
}

function expirationOf({expiration, expirationTtl}) {
  if (expirationTtl !== undefined && expirationTtl !== null) {
    return nowInSeconds() + wholeSeconds('expiration_ttl', expirationTtl, MIN_TTL_SECONDS,
        `Expiration TTL must be at least ${MIN_TTL_SECONDS}.`);
  }
  if (expiration === undefined || expiration === null) return undefined;
  const now = nowInSeconds();
  if (!(Number(expiration) > now)) {
    throw failed('PUT', 400, `Invalid expiration of ${expiration}. Please specify integer greater than ` +
        'the current number of seconds since the UNIX epoch.');
  }
  return wholeSeconds('expiration', expiration, now + MIN_TTL_SECONDS,
      `Expiration times must be at least ${MIN_TTL_SECONDS} seconds in the future.`);
}

function copyOfMetadata(metadata) {
  if (metadata === undefined || metadata === null) return undefined;
  const json = JSON.stringify(metadata);
  if (json === undefined) throw new TypeError('KV metadata must be a JSON value.');
  const length = encoder.encode(json).length;
  if (length > MAX_METADATA_BYTES) {
    throw failed('PUT', 413,
        `Metadata length of ${length} exceeds limit of ${MAX_METADATA_BYTES}.`);
  }
  return JSON.parse(json);
}

export class KvNamespace {
  #store;

  /** @param {KvStore} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * @param {string | string[]} key
   * @param {string | {type?: string, cacheTtl?: number}} [options]
   * @returns {Promise<any>} null when there is no such key; for several keys a Map
   */
  async get(key, options) {
    if (Array.isArray(key)) {
      const found = await this.#getMany(key, options, false);
      return new Map([...found].map(([name, entry]) => [name, entry?.value ?? null]));
    }
    return (await this.#getOne(key, readType(options), false))?.value ?? null;
  }

  /** As `get`, with {value, metadata, cacheStatus} in place of the value. */
  async getWithMetadata(key, options) {
    if (Array.isArray(key)) {
      const found = await this.#getMany(key, options, true);
      return new Map([...found].map(
          ([name, entry]) => [name, entry === null ? null : {...entry, cacheStatus: null}]));
    }
    const entry = await this.#getOne(key, readType(options), true);
    return {value: entry?.value ?? null, metadata: entry?.metadata ?? null, cacheStatus: null};
  }

  /**
   * @param {string} key
   * @param {string | ArrayBuffer | ArrayBufferView | ReadableStream} value
   * @param {{expiration?: number, expirationTtl?: number, metadata?: any}} [options]
   */
  async put(key, value, options) {
    const name = `${key}`;
    checkKey('PUT', name);
    const expiration = expirationOf(options ?? {});
    const metadata = copyOfMetadata(options?.metadata);
    const bytes = await bytesOf(value);
    checkLength(bytes.length);
    await attempt('PUT', () => this.#store.put(name, {value: bytes, expiration, metadata}));
  }

  /** @param {string | string[]} key */
  async delete(key) {
    const names = (Array.isArray(key) ? key : [key]).map((name) => `${name}`);
    for (const name of names) checkKey('DELETE', name);
    await attempt('DELETE', () => this.#store.delete(names));
  }

  /**
   * @param {{prefix?: string, limit?: number, cursor?: string}} [options]
   * @returns {Promise<{keys: {name: string, expiration?: number, metadata?: any}[],
   *     list_complete: boolean, cursor?: string, cacheStatus: null}>}
   */
  async list(options) {
    if (isTopLevel()) throw disallowedOperation();
    const {prefix, limit, cursor} = options ?? {};
    // As in production, where a limit that is none counts for nothing.
    const count = Math.floor(limit) > 0 ? Math.floor(limit) : MAX_LIST_KEYS;
    if (count > MAX_LIST_KEYS) {
      throw failed('GET', 400,
          `Invalid key_count_limit of ${limit}. Please specify an integer less than ${MAX_LIST_KEYS}.`);
    }
    const start = `${prefix ?? ''}`;
    checkKeyLength('GET', start);
    const from = cursor ? `${cursor}` : undefined;
    const found = await attempt('GET', () => this.#store.list(start, from, count));
    return {
      keys: found.keys.map(({name, expiration, metadata}) => ({
        name,
        ...(expiration === undefined ? {} : {expiration}),
        ...(metadata === undefined ? {} : {metadata}),
      })),
      list_complete: found.cursor === undefined,
      ...(found.cursor === undefined ? {} : {cursor: found.cursor}),
      cacheStatus: null,
    };
  }

  async #getOne(key, type, metadata) {
    const name = `${key}`;
    checkKey('GET', name);
    const entry = await attempt('GET', () => this.#store.get(name, {metadata}));
    if (entry === undefined) return null;
    return {value: CONVERSIONS[type](entry.value), metadata: entry.metadata ?? null};
  }

  async #getMany(keys, options, metadata) {
    const type = readType(options);
    if (type !== 'text' && type !== 'json') {
      throw failed('GET_BULK', 400, `"${type}" is not a valid type. Use "json" or "text"`);
    }
    if (keys.length > MAX_BULK_KEYS) {
      throw failed('GET_BULK', 400, `You can request a maximum of ${MAX_BULK_KEYS} keys`);
    }
    if (keys.length < 1) throw failed('GET_BULK', 400, 'You must request a minimum of 1 key');
    const names = keys.map((key) => `${key}`);
    const entries = await Promise.all(names.map((name) => {
      checkKey('GET_BULK', name);
      return attempt('GET_BULK', () => this.#store.get(name, {metadata}));
    }));
    const total = entries.reduce((sum, entry) => sum + (entry?.value.length ?? 0), 0);
    if (total > MAX_BULK_BYTES) {
      throw failed('GET_BULK', 413,
          `Total size of request exceeds the limit of ${MAX_BULK_BYTES / 1024 / 1024}MB`);
    }
    return new Map(names.map((name, i) => [name, toBulkEntry(entries[i], type)]));
  }
}

/** @param {KvEntry | undefined} entry */
function toBulkEntry(entry, type) {
  if (entry === undefined) return null;
  try {
    return {value: CONVERSIONS[type](entry.value), metadata: entry.metadata ?? null};
  } catch {
    throw failed('GET_BULK', 400,
        `At least one of the requested keys corresponds to a non-${type} value`);
  }
}
