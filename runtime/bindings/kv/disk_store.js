// A KvStore in the files of local state.

import {ops} from '../../web/js/host.js';

/** @typedef {import('./kv_namespace.js').KvEntry} KvEntry */

const toSeconds = (milliseconds) =>
    milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
const toMilliseconds = (seconds) => seconds === undefined ? undefined : seconds * 1000;
const toMetadata = (json) => json === undefined ? undefined : JSON.parse(json);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The last key that was listed. */
const encodeCursor = (key) => btoa(String.fromCharCode(...encoder.encode(key)));

function decodeCursor(cursor) {
  try {
    return decoder.decode(Uint8Array.from(atob(cursor), (character) => character.charCodeAt(0)));
  } catch {
    throw Object.assign(new Error('Invalid cursor.'), {status: 400});
  }
}

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

  async list(prefix, cursor, count) {
    const after = cursor === undefined ? '' : decodeCursor(cursor);
    const found = await ops.kvList(this.#namespace, prefix, after, count + 1);
    const keys = found.slice(0, count).map(([name, expiration, metadata]) =>
        ({name, expiration: toSeconds(expiration), metadata: toMetadata(metadata)}));
    return {keys, cursor: found.length > count ? encodeCursor(keys[count - 1].name) : undefined};
  }
}
