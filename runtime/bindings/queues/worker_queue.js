// The producer's end of a queue:
// https://developers.cloudflare.com/queues/configuration/javascript-apis/#producer

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {checkContentType, writeBody} from './message_body.js';

// https://developers.cloudflare.com/queues/platform/limits/
const MAX_MESSAGE_BYTES = 128_000;
const MAX_BATCH_MESSAGES = 100;
const MAX_BATCH_BYTES = 256_000;
const MAX_DELAY_SECONDS = 43_200;

/**
 * @param {'send' | 'sendBatch' | 'metrics'} method
 * @param {string} reason
 */
function failed(method, reason, options) {
  return new Error(`Queue ${method} failed: ${reason}`, options);
}

const isGiven = (value) => value !== undefined && value !== null;

function delayOf(method, delaySeconds) {
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS) {
    throw failed(method, `Bad Request: message delay ${delaySeconds} is invalid: it must be an ` +
        `integer from 0 to ${MAX_DELAY_SECONDS}`);
  }
  return delaySeconds;
}

/**
 * Where messages go.
 * @typedef {{backlogCount: number, backlogBytes: number, oldestMessageTimestamp?: Date}} Metrics
 * @typedef {object} Queue
 * @property {(messages: [contentType: string, body: Uint8Array, delaySeconds: number][]) => Promise<Metrics>}
 *     send fulfilled when they are on disk
 * @property {() => Promise<Metrics>} metrics
 */

export class WorkerQueue {
  #settings;

  /**
   * @param {object} settings
   * @param {Queue} settings.queue
   * @param {number} [settings.delaySeconds] of messages that have none of their own
   * @param {'json' | 'v8'} settings.contentType of messages that have none of their own
   */
  constructor(settings) {
    this.#settings = settings;
  }

  /**
   * @param {any} body
   * @param {{contentType?: 'json' | 'text' | 'bytes' | 'v8', delaySeconds?: number}} [options]
   * @returns {Promise<{metadata: {metrics: Metrics}}>} when the message is on disk
   */
  async send(body, options) {
    return this.#write('send', [this.#message('send', {...options, body}, undefined)]);
  }

  /**
   * @param {Iterable<{body: any, contentType?: string, delaySeconds?: number}>} messages
   * @param {{delaySeconds?: number}} [options] for messages that have no delay of their own
   * @returns {Promise<{metadata: {metrics: Metrics}}>} when all of them are on disk
   */
  async sendBatch(messages, options) {
    const written = Array.from(
        messages, (message) => this.#message('sendBatch', message, options?.delaySeconds));
    if (written.length === 0) throw new TypeError('sendBatch() requires at least one message');
    if (written.length > MAX_BATCH_MESSAGES) {
      throw failed('sendBatch', `Payload Too Large: batch message count of ${written.length} ` +
          `exceeds limit of ${MAX_BATCH_MESSAGES}`);
    }
    const bytes = written.reduce((sum, [, body]) => sum + body.length, 0);
    if (bytes > MAX_BATCH_BYTES) {
      throw failed('sendBatch',
          `Payload Too Large: batch size of ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
    }
    return this.#write('sendBatch', written);
  }

  /** @returns {Promise<Metrics>} */
  async metrics() {
    return this.#ask('metrics', (queue) => queue.metrics());
  }

  /** @returns {[contentType: string, body: Uint8Array, delaySeconds: number]} */
  #message(method, {body, contentType, delaySeconds}, batchDelay) {
    if (body === undefined) throw new TypeError('Message body cannot be undefined');
    const type = isGiven(contentType) ? checkContentType(contentType) : this.#settings.contentType;
    const bytes = writeBody(body, type);
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw failed(method, `Payload Too Large: message length of ${bytes.length} bytes exceeds ` +
          `limit of ${MAX_MESSAGE_BYTES}`);
    }
    const delay = [delaySeconds, batchDelay, this.#settings.delaySeconds].find(isGiven) ?? 0;
    return [type, bytes, delayOf(method, delay)];
  }

  async #write(method, messages) {
    return {metadata: {metrics: await this.#ask(method, (queue) => queue.send(messages))}};
  }

  async #ask(method, call) {
    if (isTopLevel()) throw disallowedOperation();
    try {
      return await call(this.#settings.queue);
    } catch (error) {
      throw failed(method, error.message, {cause: error});
    }
  }
}
