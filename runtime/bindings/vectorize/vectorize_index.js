// A Vectorize index: https://developers.cloudflare.com/vectorize/reference/client-api/

import {crypto} from '../../web/js/crypto/crypto.js';
import {ops} from '../../web/js/host.js';
import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';

// https://developers.cloudflare.com/vectorize/platform/limits/
const MAX_DIMENSIONS = 1536;
const MAX_ID_BYTES = 64;
const MAX_NAMESPACE_BYTES = 64;
const MAX_METADATA_BYTES = 10 * 1024;
const MAX_BATCH = 1000;
const MAX_IDS = 20;  // of getByIds
const MAX_TOP_K = 100;
const MAX_TOP_K_WITH_VALUES = 50;  // with values or all metadata
const MAX_FILTER_BYTES = 2048;
const DEFAULT_TOP_K = 5;

const COMPARISONS = new Set(['$eq', '$ne', '$lt', '$lte', '$gt', '$gte']);
const LISTS = new Set(['$in', '$nin']);

const encoder = new TextEncoder();
const bytesIn = (text) => encoder.encode(text).length;

/** As production tells them. @param {'INSERT' | 'UPSERT' | 'QUERY' | 'DELETE' | 'GET'} operation */
const failure = (operation, code, problem) =>
    new Error(`VECTOR_${operation}_ERROR (code = ${code}): ${problem}`);

/** @returns {Float32Array} */
function valuesOf(operation, values, what) {
  if (!Array.isArray(values) && !(values instanceof Float32Array) && !(values instanceof Float64Array)) {
    throw failure(operation, 40001, `${what} has no array of numbers as its values`);
  }
  if (values.length === 0 || values.length > MAX_DIMENSIONS) {
    throw failure(operation, 40001,
        `${what} must have 1 to ${MAX_DIMENSIONS} dimensions, not ${values.length}`);
  }
  const numbers = Float32Array.from(values);
  if (!numbers.every(Number.isFinite)) {
    throw failure(operation, 40001, `${what} has a value that is not a finite number`);
  }
  return numbers;
}

function checkId(operation, id) {
  if (typeof id !== 'string' || id === '' || bytesIn(id) > MAX_ID_BYTES) {
    throw failure(operation, 40008,
        `an id must be a text of 1 to ${MAX_ID_BYTES} bytes, not ${JSON.stringify(id)}`);
  }
}

/** @returns {{id: string, space: string, metadata: string, values: Float32Array}} */
function vectorOf(operation, vector) {
  const {id, values, namespace = '', metadata} = vector ?? {};
  checkId(operation, id);
  if (bytesIn(`${namespace}`) > MAX_NAMESPACE_BYTES) {
    throw failure(operation, 40001,
        `the namespace of id="${id}" is longer than ${MAX_NAMESPACE_BYTES} bytes`);
  }
  const json = metadata === undefined || metadata === null ? '' : JSON.stringify(metadata);
  if (bytesIn(json) > MAX_METADATA_BYTES) {
    throw failure(operation, 40001, `the metadata of id="${id}" is longer than ${MAX_METADATA_BYTES} bytes`);
  }
  return {id, space: `${namespace ?? ''}`, metadata: json,
    values: valuesOf(operation, values, `the vector of id="${id}"`)};
}

/** @returns {object | null} */
function checkFilter(filter) {
  if (filter === undefined || filter === null) return null;
  const refuse = (problem) => failure('QUERY', 40026, `invalid filter: ${problem}`);
  if (bytesIn(JSON.stringify(filter)) > MAX_FILTER_BYTES) {
    throw refuse(`it is longer than ${MAX_FILTER_BYTES} bytes`);
  }
  for (const [key, condition] of Object.entries(filter)) {
    if (key === '' || key.startsWith('$') || key.includes('"')) {
      throw refuse(`"${key}" is no key of metadata`);
    }
    if (condition === null || typeof condition !== 'object') continue;
    if (Array.isArray(condition)) throw refuse(`"${key}" needs $in for a list`);
    for (const [operation, wanted] of Object.entries(condition)) {
      const isList = LISTS.has(operation);
      if (!isList && !COMPARISONS.has(operation)) throw refuse(`there is no operator "${operation}"`);
      if (isList !== Array.isArray(wanted)) {
        throw refuse(`${operation} of "${key}" takes ${isList ? 'a list' : 'one value'}`);
      }
    }
  }
  return filter;
}

/** @param {boolean | 'none' | 'indexed' | 'all' | undefined} wanted */
const returnsMetadata = (wanted) => wanted === true || wanted === 'all' || wanted === 'indexed';

/** The class's name is part of the interface: the SDK looks for it. */
export class VectorizeIndexImpl {
  #open;
  #handle;
  #metric;

  /** @param {() => number} open returns the native handle @param {string} metric */
  constructor(open, metric) {
    this.#open = open;
    this.#metric = metric;
  }

  get #index() {
    if (isTopLevel()) throw disallowedOperation();
    return this.#handle ??= this.#open();
  }

  /**
   * @returns {Promise<{vectorCount: number, dimensions: number, processedUpToDatetime: number,
   *     processedUpToMutation: string}>}
   */
  async describe() {
    return JSON.parse(await ops.vectorizeDescribe(this.#index));
  }

  /**
   * Those whose id is there already stay as they are.
   * @param {{id: string, values: number[] | Float32Array | Float64Array, namespace?: string,
   *     metadata?: object}[]} vectors
   * @returns {Promise<{mutationId: string}>} when they can be queried
   */
  async insert(vectors) {
    return this.#put('INSERT', vectors);
  }

  /** As `insert`, but those that are there are replaced. */
  async upsert(vectors) {
    return this.#put('UPSERT', vectors);
  }

  /**
   * @param {number[] | Float32Array | Float64Array} vector
   * @param {{topK?: number, namespace?: string, returnValues?: boolean,
   *     returnMetadata?: boolean | 'none' | 'indexed' | 'all', filter?: object}} [options]
   * @returns {Promise<{count: number, matches: {id: string, score: number, namespace?: string,
   *     values?: number[], metadata?: object}[]}>} the nearest first
   */
  async query(vector, options) {
    const {topK = DEFAULT_TOP_K, namespace, returnValues = false, returnMetadata, filter} = options ?? {};
    const values = valuesOf('QUERY', vector, 'the query vector');
    const limit = returnValues || returnMetadata === true || returnMetadata === 'all' ?
        MAX_TOP_K_WITH_VALUES : MAX_TOP_K;
    if (!Number.isInteger(topK) || topK < 1 || topK > limit) {
      throw failure('QUERY', 40025, `topK must be between 1 and ${limit}, not ${topK}`);
    }
    const request = {metric: this.#metric, topK, filter: checkFilter(filter),
      ...(namespace === undefined || namespace === null ? {} : {namespace: `${namespace}`})};
    const index = this.#index;
    let found;
    try {
      found = JSON.parse(await ops.vectorizeQuery(index, values, JSON.stringify(request)));
    } catch (error) {
      throw failure('QUERY', 40006, error.message);
    }
    const matches = found.map(({id, score, namespace: space, values: numbers, metadata}) => ({
      id, score,
      ...(space === undefined ? {} : {namespace: space}),
      ...(returnValues ? {values: numbers} : {}),
      ...(returnsMetadata(returnMetadata) && metadata !== undefined ? {metadata} : {}),
    }));
    return {count: matches.length, matches};
  }

  /** As `query`, with the vector of an id. */
  async queryById(id, options) {
    const [vector] = await this.getByIds([id]);
    if (vector === undefined) throw failure('QUERY', 40005, `there is no vector with id="${id}"`);
    return this.query(vector.values, options);
  }

  /** @param {string[]} ids */
  async getByIds(ids) {
    const list = Array.from(ids ?? []);
    if (list.length < 1 || list.length > MAX_IDS) {
      throw failure('GET', 40007, `1 to ${MAX_IDS} ids can be asked for, not ${list.length}`);
    }
    for (const id of list) checkId('GET', id);
    return JSON.parse(await ops.vectorizeFind(this.#index, JSON.stringify(list)));
  }

  /** @param {string[]} ids @returns {Promise<{mutationId: string}>} */
  async deleteByIds(ids) {
    const list = Array.from(ids ?? []);
    if (list.length < 1 || list.length > MAX_BATCH) {
      throw failure('DELETE', 40007, `1 to ${MAX_BATCH} ids can be deleted, not ${list.length}`);
    }
    for (const id of list) checkId('DELETE', id);
    await ops.vectorizeDelete(this.#index, JSON.stringify(list));
    return {mutationId: crypto.randomUUID()};
  }

  async #put(operation, vectors) {
    const list = Array.from(vectors ?? []);
    if (list.length < 1 || list.length > MAX_BATCH) {
      throw failure(operation, 40007, `1 to ${MAX_BATCH} vectors can be sent, not ${list.length}`);
    }
    const checked = list.map((vector) => vectorOf(operation, vector));
    const lengths = checked.map(({values}) => values.length);
    const all = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
    let position = 0;
    for (const {values} of checked) {
      all.set(values, position);
      position += values.length;
    }
    const described = checked.map(({id, space, metadata}, i) => ({id, space, metadata, length: lengths[i]}));
    const index = this.#index;
    try {
      await ops.vectorizePut(index, JSON.stringify(described), all, operation === 'UPSERT');
    } catch (error) {
      throw failure(operation, 40012, error.message);
    }
    return {mutationId: crypto.randomUUID()};
  }
}
