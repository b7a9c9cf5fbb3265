// A KvStore in memory.

/** @typedef {import('./kv_namespace.js').KvEntry} KvEntry */

/** Code-unit order is not the order of UTF-8 beyond U+FFFF; keys are listed in the latter. */
function compareAsUtf8(a, b) {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; ++i) {
    if (left[i] !== right[i]) return left[i].codePointAt(0) - right[i].codePointAt(0);
  }
  return left.length - right.length;
}

export class MemoryStore {
  /** @type {Map<string, KvEntry>} */
  #entries = new Map();
  /** @type {string[] | null} */
  #sorted = null;

  async get(key) {
    return this.#entries.get(key);
  }

  async put(key, entry) {
    if (!this.#entries.has(key)) this.#sorted = null;
    this.#entries.set(key, entry);
  }

  async delete(key) {
    if (this.#entries.delete(key)) this.#sorted = null;
  }

  async list(prefix, after, count, now) {
    this.#sorted ??= [...this.#entries.keys()].sort(compareAsUtf8);
    const found = [];
    for (const key of this.#sorted) {
      if (found.length === count) break;
      if (!key.startsWith(prefix) || (after !== undefined && compareAsUtf8(key, after) <= 0)) continue;
      const entry = this.#entries.get(key);
      if (entry.expiration !== undefined && entry.expiration <= now) continue;
      found.push([key, entry]);
    }
    return found;
  }
}
