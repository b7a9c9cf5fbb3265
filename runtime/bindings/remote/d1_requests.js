// The requests of a D1Database (d1/d1_database.js) to a database of the account:
// https://developers.cloudflare.com/api/resources/d1/subresources/database/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {part} from './account.js';

export class AccountD1Requests {
  #account;
  #path;

  /** @param {import('./account.js').Account} account @param {string} id the database's */
  constructor(account, id) {
    this.#account = account;
    this.#path = `/d1/database/${part(id)}`;
  }

  async run(queries) {
    if (isTopLevel()) throw disallowedOperation();
    const statements = queries.map(([sql, params]) => ({sql, params: params.map(toJson)}));
    const json = statements.length === 1 ? statements[0] : {batch: statements};
    let results;
    try {
      results = await this.#account.result('POST', `${this.#path}/raw`, {json});
    } catch (error) {
      // Its code says no more than that the query has failed.
      throw new Error(error.message.replace(/ \(7500\)$/, ''));
    }
    // The API keeps no sessions: each request sees what all before it have done.
    return {
      results: results.map(({results: {columns, rows}, meta}) => ({columns, rows, meta})),
      bookmark: '',
    };
  }

  async dump() {
    throw new Error('a database of the account cannot be dumped from a Worker: `cwrangler d1 export --remote` does');
  }
}

/** Bytes are an array of numbers for the API, too. */
const toJson = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
