// A KvStore in the files of local state.

import {ops} from '../../web/js/host.js';

/** @typedef {import('./kv_namespace.js').KvEntry} KvEntry */

const toSeconds = (milliseconds) =>
    milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
const toMilliseconds = (seconds) => seconds === undefined ? undefined : seconds * 1000;
const toMetadata = (json) => json === undefined ? undefined : JSON.parse(json);

export class DiskStore {
  #handle;
  #state;
  #id;

  /** @param {string} state folder of local state @param {string} id the namespace's */
  constructor(state, id) {
    this.#state = state;
    this.#id = id;
  }

  get #namespace() {
    return this.#handle ??= ops.kvOpen(this.#state, this.#id);
  }

  async get(key) {
    const found = await ops.kvGet(this.#namespace, key);
    if (found === undefined) return undefined;
    const [value, expiration, metadata] = found;
    return {value, expiration: toSeconds(expiration), metadata: toMetadata(metadata)};
  }

  async put(key, {value, expiration, metadata}) {
    await ops.kvPut(this.#namespace, key, value, toMilliseconds(expiration),
        metadata === undefined ? undefined : JSON.stringify(metadata));
  }

  async delete(keys) {
    await ops.kvDelete(this.#namespace, keys);
  }

  async list(prefix, after, count) {
    const keys = await ops.kvList(this.#namespace, prefix, after ?? '', count);
    return keys.map(([name, expiration, metadata]) =>
        [name, {expiration: toSeconds(expiration), metadata: toMetadata(metadata)}]);
  }
}
