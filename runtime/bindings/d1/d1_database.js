// A D1 database as a Worker sees it: https://developers.cloudflare.com/d1/worker-api/

import {ops} from '../../web/js/host.js';
import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';

/**
 * @typedef {null | number | string | number[]} Value a blob is an array of bytes
 * @typedef {{columns: string[], rows: Value[][], meta: object}} Rows
 */

// Constraints of withSession() that are no bookmarks.
const FIRST_PRIMARY = 'first-primary';
const FIRST_UNCONSTRAINED = 'first-unconstrained';

/** @param {string} kind D1_ERROR, … @param {string} message as the database says it */
function failure(kind, message) {
  return new Error(`${kind}: ${message}`, {cause: new Error(message)});
}

/** @param {Rows} result */
function toObjects({columns, rows}) {
  return rows.map((row) => {
    const object = {};
    for (let i = 0; i < columns.length; ++i) object[columns[i]] = row[i];
    return object;
  });
}

/** @param {Rows} result @returns {{success: true, meta: object, results: object[]}} */
function toResult(result) {
  return {success: true, meta: result.meta, results: toObjects(result)};
}

/**
 * What a statement's parameter is for the database.
 * @throws {Error} D1_TYPE_ERROR for what D1 does not take
 */
function toParameter(value) {
  switch (typeof value) {
    case 'number':
    case 'string':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value) && value.every((byte) => typeof byte === 'number' && byte >= 0 && byte < 256)) {
        return value;
      }
      // A copy: the Worker may change it before the statement runs.
      if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
      if (ArrayBuffer.isView(value)) return Array.from(value);
  }
  throw failure('D1_TYPE_ERROR', `Type '${typeof value}' not supported for value '${value}'`);
}

/**
 * A database, as sessions and statements use it.
 * @typedef {object} Requests
 * @property {(queries: [sql: string, parameters: Value[]][]) => Promise<{results: Rows[], bookmark: string}>}
 *     run all of them or none take effect
 * @property {() => Promise<Uint8Array>} dump
 */

/** @implements {Requests} for a database in a file */
export class LocalRequests {
  #handle;
  #open;

  /** @param {() => number} open gives the handle; called at the first use */
  constructor(open) {
    this.#open = open;
  }

  get #database() {
    if (isTopLevel()) throw disallowedOperation();
    return this.#handle ??= this.#open();
  }

  async run(queries) {
    return ops.d1Run(this.#database, queries);
  }

  async dump() {
    return ops.d1Dump(this.#database);
  }
}

export class D1PreparedStatement {
  #session;

  constructor(session, statement, params = []) {
    this.#session = session;
    this.statement = statement;
    this.params = params;
  }

  /** @returns {D1PreparedStatement} a new one, with these values for its ?s */
  bind(...values) {
    return new D1PreparedStatement(this.#session, this.statement, values.map(toParameter));
  }

  /** @param {string} [column] @returns {Promise<any>} the first row, or its value in that column */
  async first(column) {
    const [row] = toObjects(await this.#run());
    if (row === undefined) return null;
    if (column === undefined || column === null) return row;
    if (row[column] === undefined) {
      throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`,
          {cause: new Error('Column not found')});
    }
    return row[column];
  }

  async all() {
    return toResult(await this.#run());
  }

  async run() {
    return toResult(await this.#run());
  }

  /** @param {{columnNames?: boolean}} [options] @returns {Promise<Value[][]>} */
  async raw(options) {
    const {columns, rows} = await this.#run();
    return options?.columnNames ? [columns, ...rows] : rows;
  }

  async #run() {
    const [result] = await this.#session._run([[`${this.statement}`, this.params]]);
    return result;
  }
}

export class D1DatabaseSession {
  #requests;
  #bookmark;

  /** @param {Requests} requests @param {string | null} constraint a bookmark, or a word for none yet */
  constructor(requests, constraint) {
    this.#requests = requests;
    this.#bookmark = constraint;
  }

  /** @param {string} query */
  prepare(query) {
    return new D1PreparedStatement(this, query);
  }

  /** @param {D1PreparedStatement[]} statements all or none of them take effect */
  async batch(statements) {
    const queries = Array.from(statements, ({statement, params}) => [`${statement}`, params]);
    return (await this._run(queries)).map(toResult);
  }

  /** @returns {string | null} that of the last answer; null before the first */
  getBookmark() {
    return [FIRST_PRIMARY, FIRST_UNCONSTRAINED].includes(this.#bookmark) ? null : this.#bookmark;
  }

  /** @param {[string, Value[]][]} queries @returns {Promise<Rows[]>} */
  async _run(queries, kind = 'D1_ERROR') {
    let answer;
    try {
      answer = await this.#requests.run(queries);
    } catch (error) {
      throw failure(kind, error.message);
    }
    const known = this.getBookmark();
    if (this.#bookmark !== null && (known === null || known < answer.bookmark)) {
      this.#bookmark = answer.bookmark;
    }
    return answer.results;
  }
}

/** The class's name is part of the interface: the SDK looks for it. */
export class D1Database {
  #requests;
  /** Never has a bookmark: everything is asked of the one database there is. */
  #session;

  /** @param {Requests} requests */
  constructor(requests) {
    this.#requests = requests;
    this.#session = new D1DatabaseSession(this.#requests, null);
  }

  prepare(query) {
    return this.#session.prepare(query);
  }

  async batch(statements) {
    return this.#session.batch(statements);
  }

  /**
   * Runs statements without parameters, one a line.
   * @param {string} query
   * @returns {Promise<{count: number, duration: number}>}
   */
  async exec(query) {
    const lines = `${query}`.trim().split('\n');
    let results;
    try {
      results = await this.#session._run(lines.map((line) => [line, []]));
    } catch (error) {
      throw failure('D1_EXEC_ERROR', `Error in line 1: ${lines[0]}: ${error.cause.message}`);
    }
    return {
      count: results.length,
      duration: results.reduce((sum, {meta}) => sum + meta.duration, 0),
    };
  }

  /** @param {string} [constraint] a bookmark, "first-primary" or "first-unconstrained" */
  withSession(constraint) {
    const given = constraint?.trim();
    return new D1DatabaseSession(this.#requests, given ? given : FIRST_UNCONSTRAINED);
  }

  /** @returns {Promise<ArrayBuffer>} the database as a file of SQLite */
  async dump() {
    try {
      return (await this.#requests.dump()).buffer;
    } catch (error) {
      throw failure('D1_DUMP_ERROR', error.message);
    }
  }
}
