// A queue of the account, as a producer (queues/worker_queue.js) needs it:
// https://developers.cloudflare.com/api/resources/queues/

import {part} from './account.js';

const decoder = new TextDecoder();

/** Formats that the API knows. */
const BODIES = {
  json: (bytes) => JSON.parse(decoder.decode(bytes)),
  text: (bytes) => decoder.decode(bytes),
};

/** @param {object | undefined} metrics as the API gives them; a field that it leaves out is 0 */
const metricsOf = ({backlog_count: count = 0, backlog_bytes: bytes = 0,
  oldest_message_timestamp_ms: oldest} = {}) => ({
  backlogCount: count,
  backlogBytes: bytes,
  ...(oldest ? {oldestMessageTimestamp: new Date(oldest)} : {}),
});

export class AccountQueue {
  #account;
  #name;
  #id;

  /** @param {import('./account.js').Account} account @param {string} name the queue's */
  constructor(account, name) {
    this.#account = account;
    this.#name = name;
  }

  /** The API knows queues by an id; the configuration, by their names. */
  async #path() {
    if (this.#id === undefined) {
      const found = await this.#account.result('GET', '/queues', {query: {name: this.#name}});
      this.#id = found?.find(({queue_name: name}) => name === this.#name)?.queue_id;
      if (this.#id === undefined) throw new Error(`the account has no queue "${this.#name}"`);
    }
    return `/queues/${part(this.#id)}`;
  }

  async send(messages) {
    const list = messages.map(([type, bytes, delay]) => {
      if (!Object.hasOwn(BODIES, type)) {
        throw new Error(`the API takes messages of the content types json and text, not ${type}`);
      }
      return {body: BODIES[type](bytes), content_type: type, delay_seconds: delay};
    });
    const path = await this.#path();
    const sent = await this.#account.result('POST', `${path}/messages/batch`, {json: {messages: list}});
    return metricsOf(sent?.metadata?.metrics);
  }

  async metrics() {
    return metricsOf(await this.#account.result('GET', `${await this.#path()}/metrics`));
  }
}
