// What each invocation of the Worker was: for those who listen to it from outside (`cwrangler tail`). Nothing
// is kept while nobody listens.
// https://developers.cloudflare.com/workers/observability/logs/real-time-logs/

import {hooks, ops} from '../../web/js/host.js';
import {observeLog} from '../../web/js/log.js';
import {currentScope} from './async_context.js';
import {ExecutionContext} from './execution_context.js';

/** Of one invocation: what is beyond is cut, as by Cloudflare. */
const MOST_LOG_BYTES = 128 * 1024;

let enabled = false;

hooks.setTracing = (wanted) => {
  enabled = wanted;
};

/** @returns {boolean} whether anybody listens */
export const isTracing = () => enabled;

/** @type {WeakMap<ExecutionContext, Trace>} */
const traces = new WeakMap();

observeLog((level, values) => {
  if (!enabled) return;
  const context = currentScope().context;
  if (context !== undefined) traces.get(context)?.log(level, values);
});

/** A value as an event's JSON has it. */
function plain(value) {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
  try {
    const text = JSON.stringify(value);
    return text === undefined ? String(value) : JSON.parse(text);
  } catch {
    return String(value);
  }
}

export class Trace {
  #logs = [];
  #exceptions = [];
  #bytes = 0;
  #began = Date.now();
  #cut = false;

  /**
   * @param {object} event what has called the Worker
   * @param {ExecutionContext} context of the invocation
   */
  constructor(event, context) {
    this.event = event;
    this.context = context;
    traces.set(context, this);
  }

  /**
   * @param {() => object} describe makes what has called the Worker
   * @param {ExecutionContext} [context] of the invocation
   * @returns {Trace | undefined} undefined while nobody listens
   */
  static begin(describe, context = new ExecutionContext()) {
    return enabled ? new Trace(describe(), context) : undefined;
  }

  /** @param {Request} request @returns {object} */
  static describeRequest(request) {
    const headers = Object.fromEntries(request.headers);
    for (const name of ['authorization', 'cookie']) {
      if (name in headers) headers[name] = 'REDACTED';
    }
    return {request: {url: request.url, method: request.method, headers, cf: request.cf ?? {}}};
  }

  log(level, values) {
    if (this.#cut) return;
    const message = values.map(plain);
    this.#bytes += JSON.stringify(message).length;
    this.#cut = this.#bytes > MOST_LOG_BYTES;
    if (!this.#cut) this.#logs.push({message, level, timestamp: Date.now()});
  }

  /** @param {unknown} error what the handler raised */
  fail(error) {
    const stack = String(error?.stack ?? error);
    const message = String(error?.message ?? error);
    this.#exceptions.push({
      name: String(error?.name ?? 'Error'), message: message.trimEnd(), timestamp: Date.now(), stack,
    });
  }

  /**
   * Sends it when the invocation's tasks are over.
   * @param {'ok' | 'exception'} [outcome]
   */
  async end(outcome = this.#exceptions.length === 0 ? 'ok' : 'exception') {
    await ExecutionContext.finished(this.context);
    ops.traceReport(JSON.stringify({
      outcome,
      exceptions: this.#exceptions,
      logs: this.#logs,
      eventTimestamp: this.#began,
      event: this.event,
      diagnosticsChannelEvents: [],
      truncated: this.#cut,
    }));
  }
}
