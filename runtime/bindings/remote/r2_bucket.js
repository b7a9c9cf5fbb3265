// A bucket of the account, as far as the API has R2's operations:
// https://developers.cloudflare.com/api/resources/r2/subresources/buckets/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {httpMetadataOf, METADATA_HEADERS, rangeOf} from '../r2/conditions.js';
import {R2Object, R2ObjectBody} from '../r2/r2_object.js';
import {isMissing, part} from './account.js';

const MAX_LIST_KEYS = 1000;

async function attempt(method, work) {
  if (isTopLevel()) throw disallowedOperation();
  try {
    return await work();
  } catch (error) {
    if (error instanceof TypeError) throw error;
    throw new Error(`${method}: ${error.message}${/\(\d+\)$/.test(error.message) ? '' : ' (10001)'}`, {cause: error});
  }
}

/** What only the Workers' own way to R2 knows. @param {object} options @param {string[]} names */
function refuse(options, names) {
  const asked = names.find((name) => options?.[name] !== undefined && options[name] !== null);
  if (asked !== undefined) {
    throw new Error(`"${asked}" is not part of the API through which a local run reaches the account's buckets`);
  }
}

/** @param {object} listed as the API lists it @returns {object} as R2Object takes it */
const storedOf = ({key, etag, size, last_modified: modified, http_metadata: http, custom_metadata: custom, version}) => ({
  key,
  etag,
  size,
  version: version ?? '',
  uploaded: Date.parse(modified),
  checksums: {},
  http: http ?? {},
  custom: custom ?? {},
});

/** A Range header of RFC 9110. @param {string} json as rangeOf() makes it */
function rangeHeader(json) {
  const {offset, length, suffix} = JSON.parse(json);
  if (suffix !== undefined) return `bytes=-${suffix}`;
  if (offset === undefined && length === undefined) return undefined;
  const first = offset ?? 0;
  return `bytes=${first}-${length === undefined ? '' : first + length - 1}`;
}

export class AccountBucket {
  #account;
  #path;

  /** @param {import('./account.js').Account} account @param {string} name the bucket's */
  constructor(account, name) {
    this.#account = account;
    this.#path = `/r2/buckets/${part(name)}/objects`;
  }

  #object(key) {
    return `${this.#path}/${`${key}`.split('/').map(part).join('/')}`;
  }

  async #find(key) {
    const [found] = await this.#account.result('GET', this.#path, {query: {prefix: `${key}`, per_page: 1}});
    return found?.key === `${key}` ? storedOf(found) : undefined;
  }

  head(key) {
    return attempt('head', async () => {
      const stored = await this.#find(key);
      return stored === undefined ? null : new R2Object(stored);
    });
  }

  get(key, options) {
    return attempt('get', async () => {
      refuse(options, ['onlyIf', 'ssecKey']);
      const range = rangeHeader(rangeOf(options?.range));
      const [stored, response] = await Promise.all([
        this.#find(key),
        this.#account.request('GET', this.#object(key), {
          headers: range === undefined ? {} : {range},
          isAnswer: isMissing,
        }),
      ]);
      if (response.status === 404 || stored === undefined) {
        await response.body?.cancel();
        return null;
      }
      if (range !== undefined && response.status !== 206) {
        await response.body?.cancel();
        throw new Error('the API has answered with the whole object in place of a range');
      }
      const [, first] = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '') ?? [];
      const offset = Number(first ?? 0);
      const length = Number(response.headers.get('content-length') ?? stored.size - offset);
      const reader = response.body.getReader();
      return new R2ObjectBody(stored, {offset, length}, undefined, async () => {
        const {done, value} = await reader.read();
        if (done) throw new Error('the connection ended before the object did');
        return value;
      });
    });
  }

  put(key, value, options) {
    return attempt('put', async () => {
      refuse(options, ['onlyIf', 'customMetadata', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', 'ssecKey']);
      const http = httpMetadataOf(options?.httpMetadata);
      const headers = {};
      for (const [field, header] of METADATA_HEADERS) {
        if (http[field] !== undefined) {
          headers[header] = field === 'cacheExpiry' ? new Date(http[field]).toUTCString() : http[field];
        }
      }
      headers['content-type'] ??= 'application/octet-stream';
      // Whole, because the API wants to know the length.
      const body = value === null ? new Uint8Array() : await new Response(value).arrayBuffer();
      await this.#account.request('PUT', this.#object(key), {body, headers});
      return new R2Object(await this.#find(key));
    });
  }

  delete(keys) {
    return attempt('delete', async () => {
      for (const key of Array.isArray(keys) ? keys : [keys]) {
        const response = await this.#account.request('DELETE', this.#object(key), {isAnswer: isMissing});
        await response.body?.cancel();
      }
    });
  }

  list(options) {
    return attempt('list', async () => {
      const {prefix, limit = MAX_LIST_KEYS, cursor, delimiter, startAfter, include} = options ?? {};
      const response = await this.#account.request('GET', this.#path, {
        query: {prefix, per_page: limit, cursor, delimiter, start_after: startAfter},
      });
      const {result, result_info: info} = await response.json();
      const wanted = new Set(include ?? []);
      return {
        objects: result.map(storedOf).map((stored) => new R2Object({
          ...stored,
          http: wanted.has('httpMetadata') ? stored.http : {},
          custom: wanted.has('customMetadata') ? stored.custom : {},
        })),
        truncated: info?.is_truncated === true,
        ...(info?.is_truncated ? {cursor: info.cursor} : {}),
        delimitedPrefixes: info?.delimited ?? [],
      };
    });
  }

  createMultipartUpload() {
    return attempt('createMultipartUpload', async () => refuse({multipart: true}, ['multipart']));
  }

  resumeMultipartUpload() {
    throw new Error('multipart uploads are not part of the API through which a local run reaches the account\'s buckets');
  }
}
// It is part of the interface: the SDK looks for it.
Object.defineProperty(AccountBucket, 'name', {value: 'R2Bucket'});
