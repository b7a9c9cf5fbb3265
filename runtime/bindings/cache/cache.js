// The Cache API: https://developers.cloudflare.com/workers/runtime-apis/cache/

import {ops} from '../../web/js/host.js';
import {makeResponse, pairsOf, readableFrom, takeResponse} from '../../web/js/http.js';
import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {isNotModified, rangeOf} from './conditions.js';
import {freshness} from './freshness.js';

/** https://developers.cloudflare.com/workers/platform/limits/#cache-api-limits */
const MAX_BODY_BYTES = 512 * 1024 * 1024;
/** Bodies up to this size come in one piece. */
const SMALL_BODY_BYTES = 256 * 1024;
const MAX_NAME_LENGTH = 1024;

/** Belong to a connection and not to what is stored (RFC 9110, section 7.6.1). */
const NOT_STORED = new Set([
  'connection', 'content-length', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding',
  'upgrade',
]);

const encoder = new TextEncoder();

/** The key of what may construct: Workers may not. */
const internal = Symbol('internal');

let stateDirectory = '';

/** @param {string} directory where caches are kept from now on; empty: nowhere */
export function setCacheDirectory(directory) {
  stateDirectory = directory;
}

/** A request's key. @param {Request} request */
function keyOf(request) {
  const {cacheKey} = request.cf ?? {};
  if (typeof cacheKey === 'string') return cacheKey;
  const {url} = request;
  const hash = url.indexOf('#');
  return hash < 0 ? url : url.slice(0, hash);
}

/** @param {Request | URL | string} value */
const requestOf = (value) => value instanceof Request ? value : new Request(value);

/** Fails where the API says that it does. @param {Request} request @param {Response} response */
function checkStorable(request, response) {
  if (!(response instanceof Response)) {
    throw new TypeError('The second argument of put() must be a Response.');
  }
  if (request.method !== 'GET') throw new TypeError('Cannot cache response to non-GET request.');
  if (response.status === 206) {
    throw new TypeError('Cannot cache response to a range request (206 Partial Content).');
  }
  if ((response.headers.get('vary') ?? '').split(',').some((name) => name.trim() === '*')) {
    throw new TypeError("Cannot cache response with 'Vary: *' header.");
  }
  if (response.webSocket !== null) throw new TypeError('Cannot cache WebSocket upgrade response.');
}

/** @param {string[]} flat name, value, … @returns {[string, string][]} what is kept of them */
function headersToStore(flat, keepsCookies) {
  return pairsOf(flat)
      .map(([name, value]) => [name.toLowerCase(), value])
      .filter(([name]) => !NOT_STORED.has(name) && (keepsCookies || name !== 'set-cookie'));
}

/**
 * @param {null | string | Uint8Array | ReadableStream} body
 * @param {(chunk: Uint8Array) => Promise<void>} write
 * @returns {Promise<boolean>} false: it is too long, and the rest was left
 */
async function sendBody(body, write) {
  if (body === null) return true;
  if (!(body instanceof ReadableStream)) {
    const bytes = typeof body === 'string' ? encoder.encode(body) : body;
    if (bytes.byteLength > MAX_BODY_BYTES) return false;
    await write(bytes);
    return true;
  }
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) return false;  // leaving the loop cancels the stream
    await write(chunk);
  }
  return true;
}

/** The class's name is part of the interface. */
export class Cache {
  #name;
  #handle;

  /** @param {symbol} key @param {string} [name] as the store calls it */
  constructor(key, name) {
    if (key !== internal) throw new TypeError('Illegal constructor');
    this.#name = name;
  }

  get #cache() {
    if (isTopLevel()) throw disallowedOperation();
    return this.#handle ??= ops.cacheOpen(stateDirectory, this.#name);
  }

  /**
   * @param {Request | URL | string} request conditions and a range among its headers are answered
   * @param {{ignoreMethod?: boolean}} [options] take any method for GET
   * @returns {Promise<Response | undefined>}
   */
  async match(request, options) {
    const asked = requestOf(request);
    if (asked.method !== 'GET' && !options?.ignoreMethod) return undefined;
    const cache = this.#cache;
    const found = await ops.cacheFind(cache, keyOf(asked));
    if (found === undefined) return undefined;
    const [metadata, size, body] = found;
    const {status, headers: pairs} = JSON.parse(metadata);
    const headers = new Headers(pairs);
    headers.set('cf-cache-status', 'HIT');
    const respond = (code, content) =>
        makeResponse({status: code, statusText: '', headers: [...headers].flat(), body: content});

    if (isNotModified(asked.headers, headers)) return respond(304, null);
    const range = rangeOf(asked.headers, headers, size);
    if (range === 'unsatisfiable') {
      headers.set('content-range', `bytes */${size}`);
      return respond(416, null);
    }
    if (range === 'whole') {
      headers.set('content-length', `${size}`);
      return respond(status, size === 0 ? null : await this.#read(body, 0, size));
    }
    const {start, end} = range;
    headers.set('content-range', `bytes ${start}-${end}/${size}`);
    headers.set('content-length', `${end - start + 1}`);
    return respond(206, await this.#read(body, start, end - start + 1));
  }

  /**
   * Keeps the response for as long as its headers say; one that must not be kept is let go without an
   * error, as in production.
   * @param {Request | URL | string} request
   * @param {Response} response its body is used
   * @throws {TypeError} for another method than GET, a partial response, one that varies by everything
   */
  async put(request, response) {
    const asked = requestOf(request);
    checkStorable(asked, response);
    const cache = this.#cache;
    const {status, headers, body} = takeResponse(response);
    const kept = status === 304 ? null :
        freshness(asked.headers, status, response.headers, Date.now());
    if (kept === null) {
      if (body instanceof ReadableStream) await body.cancel();
      return;
    }
    const upload = ops.cacheUpload(cache);
    if (!await sendBody(body, (chunk) => ops.cacheWrite(cache, upload, chunk))) return;
    const metadata = {headers: headersToStore(headers, kept.keepsCookies), status};
    await ops.cachePut(cache, upload, keyOf(asked), JSON.stringify(metadata), kept.expires);
  }

  /**
   * @param {Request | URL | string} request
   * @param {{ignoreMethod?: boolean}} [options]
   * @returns {Promise<boolean>} whether there was something
   */
  async delete(request, options) {
    const asked = requestOf(request);
    if (asked.method !== 'GET' && !options?.ignoreMethod) return false;
    return ops.cacheDelete(this.#cache, keyOf(asked));
  }

  /** @returns {Promise<Uint8Array | ReadableStream>} bytes of a stored body */
  async #read(body, start, count) {
    const cache = this.#cache;
    if (start > 0) await ops.cacheSkip(cache, body, start);
    if (count <= SMALL_BODY_BYTES) return ops.cacheRead(cache, body, count);
    let left = count;
    return readableFrom(async () => {
      if (left === 0) return null;
      const chunk = await ops.cacheRead(cache, body, left);
      left -= chunk.length;
      return chunk;
    });
  }
}

/** The class's name is part of the interface. */
export class CacheStorage {
  #default = new Cache(internal, 'default');
  /** @type {Map<string, Cache>} */
  #named = new Map();

  /** @param {symbol} key */
  constructor(key) {
    if (key !== internal) throw new TypeError('Illegal constructor');
  }

  get default() {
    return this.#default;
  }

  /** @param {string} name @returns {Promise<Cache>} a cache of its own, made when it is not there */
  async open(name) {
    const text = `${name}`;
    if (text.length > MAX_NAME_LENGTH) throw new TypeError('Cache name is too long.');
    if (!this.#named.has(text)) {
      // Encoded as workerd encodes it: the state is also wrangler's.
      this.#named.set(text, new Cache(internal, `named:${encodeURIComponent(text)}`));
    }
    return this.#named.get(text);
  }
}

/** Puts `caches` and its classes on the global object. */
export function installCaches() {
  const globals = {Cache, CacheStorage, caches: new CacheStorage(internal)};
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(
        globalThis, name, {value, writable: true, enumerable: false, configurable: true});
  }
}
