// A KvStore (kv/kv_namespace.js) of the account:
// https://developers.cloudflare.com/api/resources/kv/

import {isMissing, part} from './account.js';

// The API takes no smaller limit.
const FEWEST_KEYS = 10;

export class AccountKvStore {
  #account;
  #path;

  /** @param {import('./account.js').Account} account @param {string} id the namespace's */
  constructor(account, id) {
    this.#account = account;
    this.#path = `/storage/kv/namespaces/${part(id)}`;
  }

  async get(key, {metadata: wantsMetadata}) {
    const [value, metadata] = await Promise.all([
      this.#account.request('GET', `${this.#path}/values/${part(key)}`, {isAnswer: isMissing}),
      wantsMetadata ? this.#metadata(key) : undefined,
    ]);
    if (value.status === 404) {
      await value.body?.cancel();
      return undefined;
    }
    return {value: new Uint8Array(await value.arrayBuffer()), metadata: metadata ?? undefined};
  }

  async #metadata(key) {
    const path = `${this.#path}/metadata/${part(key)}`;
    const response = await this.#account.request('GET', path, {isAnswer: isMissing});
    return response.status === 404 ? response.body?.cancel() : (await response.json()).result;
  }

  async put(key, {value, expiration, metadata}) {
    await this.#account.result('PUT', `${this.#path}/values/${part(key)}`, {
      query: {expiration},
      ...(metadata === undefined ? {body: value} : await form({
        value: new Blob([value]),
        metadata: JSON.stringify(metadata),
      })),
    });
  }

  async delete(keys) {
    if (keys.length === 1) {
      await this.#account.result('DELETE', `${this.#path}/values/${part(keys[0])}`);
    } else {
      await this.#account.result('POST', `${this.#path}/bulk/delete`, {json: keys});
    }
  }

  async list(prefix, cursor, count) {
    const response = await this.#account.request('GET', `${this.#path}/keys`, {
      query: {prefix: prefix || undefined, cursor, limit: Math.max(count, FEWEST_KEYS)},
    });
    const {result, result_info: info} = await response.json();
    if (result.length <= count) return {keys: result, cursor: info?.cursor || undefined};
    throw new Error(`the API lists no fewer than ${FEWEST_KEYS} keys: ask for as many`);
  }
}

/** As a whole, so that its length is known before it is sent. @param {Record<string, Blob | string>} fields */
async function form(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  const encoded = new Response(data);
  return {
    headers: {'content-type': encoded.headers.get('content-type')},
    body: await encoded.arrayBuffer(),
  };
}
