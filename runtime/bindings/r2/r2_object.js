// What R2 says of an object, and its body.

import {ops} from '../../web/js/host.js';
import {readableFrom} from '../../web/js/http.js';
import {METADATA_HEADERS} from './conditions.js';

const CHECKSUMS = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

/** @param {string} text @returns {ArrayBuffer} */
const bytesOfHex = (text) => Uint8Array.from(
    text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)).buffer;

export class R2Checksums {
  #hex;

  /** @param {Record<string, string>} hex */
  constructor(hex) {
    this.#hex = hex;
    for (const name of CHECKSUMS) {
      if (hex[name] !== undefined) this[name] = bytesOfHex(hex[name]);
    }
  }

  toJSON() {
    return {...this.#hex};
  }
}

export class R2Object {
  /**
   * @param {{key: string, version: string, size: number, etag: string, uploaded: number,
   *     checksums: object, http: object, custom: object}} stored
   * @param {{offset: number, length: number}} [range]
   */
  constructor({key, version, size, etag, uploaded, checksums, http, custom}, range) {
    this.key = key;
    this.version = version;
    this.size = size;
    this.etag = etag;
    this.httpEtag = `"${etag}"`;
    this.uploaded = new Date(uploaded);
    // An object in one piece has its MD5 as its etag.
    const md5 = /^[0-9a-f]{32}$/.test(etag) ? {md5: etag} : {};
    this.checksums = new R2Checksums({...checksums, ...md5});
    this.httpMetadata = http.cacheExpiry === undefined ?
        http : {...http, cacheExpiry: new Date(http.cacheExpiry)};
    this.customMetadata = custom;
    if (range !== undefined) this.range = range;
    this.storageClass = 'Standard';
  }

  /** Sets the headers that the object was stored with. @param {Headers} headers */
  writeHttpMetadata(headers) {
    for (const [field, header] of METADATA_HEADERS) {
      const value = this.httpMetadata[field];
      if (value !== undefined) {
        headers.set(header, value instanceof Date ? value.toUTCString() : value);
      }
    }
  }
}

export class R2ObjectBody extends R2Object {
  #response;

  /**
   * @param {object} stored as R2Object takes it
   * @param {{offset: number, length: number}} range of the object's bytes
   * @param {Uint8Array} first the first of them
   * @param {(() => Promise<Uint8Array>) | undefined} readMore the next ones
   */
  constructor(stored, range, first, readMore) {
    super(stored, range);
    let left = range.length;
    let next = first;
    const body = readMore === undefined ? first : readableFrom(async () => {
      if (left === 0) return null;
      const chunk = next ?? await readMore();
      next = undefined;
      left -= chunk.length;
      return chunk;
    });
    this.#response = new Response(body);
    const type = this.httpMetadata.contentType;
    if (type !== undefined) this.#response.headers.set('content-type', type);
  }

  get body() {
    return this.#response.body;
  }

  get bodyUsed() {
    return this.#response.bodyUsed;
  }

  arrayBuffer() {
    return this.#response.arrayBuffer();
  }

  async bytes() {
    return new Uint8Array(await this.#response.arrayBuffer());
  }

  text() {
    return this.#response.text();
  }

  json() {
    return this.#response.json();
  }

  blob() {
    return this.#response.blob();
  }
}

/** @param {number} bucket its handle @param {any[]} found as r2Get returns it */
export function objectOf(bucket, [json, offset, length, first, reader]) {
  const stored = JSON.parse(json);
  if (first === undefined) return new R2Object(stored);
  const readMore = reader === undefined ? undefined : () => ops.r2Read(bucket, reader);
  return new R2ObjectBody(stored, {offset, length}, first, readMore);
}
