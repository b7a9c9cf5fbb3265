// A Worker Loader binding: https://developers.cloudflare.com/dynamic-workers/api-reference/

import {Fetcher} from '../service/fetcher.js';
import {hooks, ops} from '../../web/js/host.js';
import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {Peer} from './peer.js';
import {readWorkerCode} from './worker_code.js';

/**
 * Every dynamic Worker that runs, by its number, the one used last at the end.
 * @type {Map<number, DynamicWorker>}
 */
const running = new Map();

hooks.dynamicWorkerEnded = (number, reason) => running.get(number)?.ended(new Error(reason));

/** Ends what is idle for longest when there are as many as there may be. */
function makeRoom() {
  const limit = ops.dynamicWorkerLimit();
  if (running.size < limit) return;
  for (const worker of running.values()) {
    if (worker.busy) continue;
    worker.stop();
    return;
  }
  throw new Error(
      `There are ${limit} dynamic Workers already, as many as may run at once, and all of them are busy. ` +
      'Wait for one to finish, or raise the limit (cwrangler-runtime serve --dynamic-workers).');
}

/**
 * A Worker made from code. It is started when it is first needed, and again after it was stopped to make
 * room for others or has failed: nothing promises that what it keeps in memory stays.
 */
class DynamicWorker {
  #readCode;
  #values;
  #number = 0;
  /** @type {Peer | undefined} */
  #peer;
  /** @type {Promise<Peer> | undefined} */
  #starting;
  #background = 0;

  /** @param {() => Promise<any>} readCode @param {import('../service/rpc_values.js').RpcValues} values */
  constructor(readCode, values) {
    this.#readCode = readCode;
    this.#values = values;
  }

  get busy() {
    return this.#starting !== undefined || this.#background > 0 || this.#peer.busy;
  }

  /** @returns {Promise<Peer>} of the Worker once it has started */
  async #started() {
    if (isTopLevel()) throw disallowedOperation();
    if (this.#starting === undefined && this.#peer !== undefined) {
      running.delete(this.#number);
      running.set(this.#number, this);
      return this.#peer;
    }
    this.#starting ??= this.#start().finally(() => { this.#starting = undefined; });
    return this.#starting;
  }

  async #start() {
    const {configuration, environment, globalOutbound} = readWorkerCode(await this.#readCode());
    makeRoom();
    this.#number = ops.dynamicWorkerStart(configuration);
    running.set(this.#number, this);
    const peer = new Peer(this.#number, () => this.#values, {
      // Keeps this Worker until the tasks that the other left behind its responses are over.
      background: (change) => this.#addBackground(change),
    });
    this.#peer = peer;
    try {
      await peer.callRoot('start', {environment, globalOutbound});
    } catch (error) {
      this.stop();
      throw error;
    }
    return peer;
  }

  #addBackground(change) {
    this.#background += change;
    if (change > 0) ops.backgroundBegan();
    else ops.backgroundEnded();
  }

  /** @param {Error} error why it runs no more, for those who wait for it */
  ended(error) {
    running.delete(this.#number);
    const peer = this.#peer;
    this.#peer = undefined;
    while (this.#background > 0) this.#addBackground(-1);
    peer?.close(error);
  }

  stop() {
    ops.dynamicWorkerEnd(this.#number);
    this.ended(new Error('The dynamic Worker was stopped.'));
  }

  /** Calls the Worker's own root object, see child.js. */
  async call(method, ...args) {
    return (await this.#started()).callRoot(method, ...args);
  }
}

/** What `get` and `load` return. */
class WorkerStub {
  #worker;
  #values;

  constructor(worker, values) {
    this.#worker = worker;
    this.#values = values;
  }

  /**
   * @param {string | null} [name] of the class; without one the default entry point
   * @param {{props?: any}} [options] `props` is what the entry point finds in `ctx.props`
   * @returns {Fetcher}
   */
  getEntrypoint(name, options) {
    const entrypoint = name === undefined || name === null ? null : String(name);
    const props = this.#values.copy(options?.props ?? {});
    const worker = this.#worker;
    const call = (method, ...args) => worker.call(method, entrypoint, props, ...args);
    return new Fetcher({
      fetch: (request) => call('fetch', request),
      call: (method, args) => call('rpc', method, args),
      get: (name) => call('get', name),
      scheduled: (event) => call('scheduled', event),
      queue: (queue, messages, metadata) => call('queue', queue, messages, metadata),
      values: {copy: (value) => value},  // the channel copies
      takesEvents: true,
    });
  }

  getDurableObjectClass() {
    throw new Error('This runtime does not run Durable Objects of dynamic Workers.');
  }
}

/** The class's name is what Cloudflare calls it. */
export class WorkerLoader {
  #values;
  /** @type {Map<string, DynamicWorker>} */
  #workers = new Map();

  /** @param {import('../service/rpc_values.js').RpcValues} values */
  constructor(values) {
    this.#values = values;
  }

  /**
   * @param {string | null} id the same id gives the same Worker, as long as it runs; null: a new one
   * @param {() => any} getCode returns the code, or a promise of it; called when it is needed
   * @returns {WorkerStub}
   */
  get(id, getCode) {
    if (typeof getCode !== 'function') {
      throw new TypeError('A Worker Loader\'s get() needs a function that returns the Worker\'s code.');
    }
    const known = id === null || id === undefined ? undefined : this.#workers.get(String(id));
    if (known !== undefined) return new WorkerStub(known, this.#values);
    // The copy of a function is a stub that calls it; also after this call, where it is Python's.
    const worker = new DynamicWorker(this.#values.copy(getCode), this.#values);
    if (id !== null && id !== undefined) this.#workers.set(String(id), worker);
    return new WorkerStub(worker, this.#values);
  }

  /** @param {any} code @returns {WorkerStub} a new Worker */
  load(code) {
    const copy = this.#values.copy(code);
    return new WorkerStub(new DynamicWorker(async () => copy, this.#values), this.#values);
  }
}
