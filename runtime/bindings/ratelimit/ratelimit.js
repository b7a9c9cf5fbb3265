// A rate limit: https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';

/** Above so many keys those whose period has ended are forgotten. */
const MANY_KEYS = 10_000;

/** @typedef {{ends: number, calls: number}} Period `ends`: milliseconds since 1970 */

/** By namespace: Workers with the same id share their counters. @type {Map<string, Map<string, Period>>} */
const namespaces = new Map();

function forgetEnded(periods, now) {
  for (const [key, {ends}] of periods) {
    if (ends <= now) periods.delete(key);
  }
}

/** The class's name is part of the interface: the SDK looks for it. */
export class Ratelimit {
  #periods;
  #limit;
  #milliseconds;

  /** @param {{namespace_id: string, simple: {limit: number, period: number}}} binding */
  constructor({namespace_id: id, simple: {limit, period}}) {
    if (!namespaces.has(id)) namespaces.set(id, new Map());
    this.#periods = namespaces.get(id);
    this.#limit = limit;
    this.#milliseconds = period * 1000;
  }

  /**
   * Counts a call. A key's period begins with its first call.
   * @param {{key: string}} options
   * @returns {Promise<{success: boolean}>} whether it is within the limit
   */
  async limit(options) {
    if (isTopLevel()) throw disallowedOperation();
    const key = options?.key;
    if (typeof key !== 'string') throw new TypeError(`The key of a rate limit must be a string, not ${key}.`);
    const now = Date.now();
    if (this.#periods.size > MANY_KEYS) forgetEnded(this.#periods, now);
    let period = this.#periods.get(key);
    if (period === undefined || period.ends <= now) {
      period = {ends: now + this.#milliseconds, calls: 0};
      this.#periods.set(key, period);
    }
    if (period.calls >= this.#limit) return {success: false};
    period.calls += 1;
    return {success: true};
  }
}
