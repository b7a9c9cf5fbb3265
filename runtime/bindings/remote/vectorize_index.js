// A Vectorize index of the account:
// https://developers.cloudflare.com/api/resources/vectorize/subresources/indexes/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {part} from './account.js';

/** Typed arrays as JSON has them. */
const withPlainValues = ({values, ...vector}) => ({...vector, values: Array.from(values)});

export class AccountIndex {
  #account;
  #path;

  /** @param {import('./account.js').Account} account @param {string} name the index's */
  constructor(account, name) {
    this.#account = account;
    this.#path = `/vectorize/v2/indexes/${part(name)}`;
  }

  /** @param {'INSERT' | 'UPSERT' | 'QUERY' | 'DELETE' | 'GET'} operation as production tells its failures */
  async #ask(operation, method, path, options) {
    if (isTopLevel()) throw disallowedOperation();
    try {
      return await this.#account.result(method, this.#path + path, options);
    } catch (error) {
      const code = error.code === undefined ? '' : ` (code = ${error.code})`;
      const problem = error.message.replace(/ \(\d+\)$/, '');
      throw new Error(`VECTOR_${operation}_ERROR${code}: ${problem}`, {cause: error});
    }
  }

  #send(operation, path, vectors) {
    const lines = Array.from(vectors, (vector) => `${JSON.stringify(withPlainValues(vector))}\n`);
    return this.#ask(operation, 'POST', path, {
      body: lines.join(''),
      headers: {'content-type': 'application/x-ndjson'},
    });
  }

  async describe() {
    return this.#ask('GET', 'GET', '/info');
  }

  async insert(vectors) {
    return this.#send('INSERT', '/insert', vectors);
  }

  async upsert(vectors) {
    return this.#send('UPSERT', '/upsert', vectors);
  }

  async query(vector, options) {
    const {topK, namespace, returnValues, returnMetadata, filter} = options ?? {};
    return this.#ask('QUERY', 'POST', '/query', {json: {
      vector: Array.from(vector),
      topK,
      namespace,
      returnValues,
      // The Workers' interface took a boolean once.
      returnMetadata: typeof returnMetadata === 'boolean' ? (returnMetadata ? 'all' : 'none') : returnMetadata,
      filter,
    }});
  }

  async queryById(id, options) {
    const [vector] = await this.getByIds([id]);
    if (vector === undefined) throw new Error(`VECTOR_QUERY_ERROR: there is no vector with id="${id}"`);
    return this.query(vector.values, options);
  }

  async getByIds(ids) {
    return this.#ask('GET', 'POST', '/get_by_ids', {json: {ids: Array.from(ids)}});
  }

  async deleteByIds(ids) {
    return this.#ask('DELETE', 'POST', '/delete_by_ids', {json: {ids: Array.from(ids)}});
  }
}
// It is part of the interface: the SDK looks for it.
Object.defineProperty(AccountIndex, 'name', {value: 'VectorizeIndexImpl'});
