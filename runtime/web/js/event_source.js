// EventSource: https://html.spec.whatwg.org/multipage/server-sent-events.html, as Workers have it: over
// fetch() or a given fetcher, without credentials, or over a stream that is there already.
// https://developers.cloudflare.com/workers/runtime-apis/eventsource/
//
// As there, a request that fails ends it, and only a stream that ends is opened again.

import {bindCallback} from './callback_scope.js';
import {core} from './core.js';
import {ops} from './host.js';
import {fetch} from './fetch.js';
import {EventStreamParser} from './event_stream.js';
import {scheduler} from './scheduler.js';
import {isTopLevel} from './top_level.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');
const {URL} = core.loadExtScript('ext:deno_web/00_url.js');
const {DOMException} = core.loadExtScript('ext:deno_web/01_dom_exception.js');
const {defineEventHandler, ErrorEvent, Event, EventTarget, MessageEvent} =
    core.loadExtScript('ext:deno_web/02_event.js');
const {AbortController} = core.loadExtScript('ext:deno_web/03_abort_signal.js');
const {isReadableStreamDisturbed, ReadableStream} =
    core.loadExtScript('ext:deno_web/06_streams.js');
const {TextDecoder} = core.loadExtScript('ext:deno_web/08_text_encoding.js');

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** Milliseconds before a reconnection, in workerd's bounds: the default, the least, the most. */
const RECONNECTION_TIME = 2000;
const MINIMUM_RECONNECTION_TIME = 1000;
const MAXIMUM_RECONNECTION_TIME = 10_000;

/** Tells the constructor that EventSource.from() has the stream. */
const fromStream = Symbol('from a stream');

function requireHandler() {
  if (!isTopLevel()) return;
  throw new DOMException(
      'An EventSource can only be created within the context of a worker request.',
      'NotSupportedError');
}

/** A header's value: each of its characters is a byte of the text in UTF-8. */
const asHeader = (text) => String.fromCharCode(...ops.encodeUtf8(text));

/** @throws {DOMException} when the response is no stream of events */
function checkResponse(response) {
  const fail = (why) => {
    throw new DOMException(why, 'AbortError');
  };
  if (!response.ok) fail(`The response status code was ${response.status}.`);
  const type = response.headers.get('content-type');
  if (type === null) fail('No content type header was present in the response.');
  if (!/^text\/event-stream\s*(;|$)/i.test(type)) fail(`The content type '${type}' is invalid.`);
  if (response.body === null) fail('The server provided no content.');
}

class EventSource extends EventTarget {
  #readyState = CONNECTING;
  #url = '';
  #fetcher;
  #closing = new AbortController();
  #reconnectionTime = RECONNECTION_TIME;
  #lastEventId = '';

  /**
   * @param {string | URL} url absolute
   * @param {{withCredentials?: false, fetcher?: {fetch: typeof fetch}}} [init] `fetcher`: whom to ask in
   *     place of the network, such as a service binding
   */
  constructor(url, init = undefined) {
    super();
    requireHandler();
    if (url === fromStream) return;
    webidl.requiredArguments(arguments.length, 1, "Failed to construct 'EventSource'");
    if (init?.withCredentials) {
      throw new DOMException(
          'The init.withCredentials option is not supported. It must be false or undefined.',
          'NotSupportedError');
    }
    const target = URL.parse(String(url));
    if (target === null) {
      throw new DOMException(
          `Cannot open an EventSource to '${url}'. The URL is invalid.`, 'SyntaxError');
    }
    this.#url = target.href;
    this.#fetcher = init?.fetcher;
    this.#keepConnected();
  }

  /**
   * The events of a stream of bytes; at its end there is an error, and no reconnection.
   * @param {ReadableStream<Uint8Array>} stream
   * @returns {EventSource}
   */
  static from(stream) {
    const prefix = "Failed to execute 'from' on 'EventSource'";
    stream = webidl.converters.ReadableStream(stream, prefix, 'Argument 1');
    if (stream.locked) throw new TypeError('This ReadableStream is locked.');
    if (isReadableStreamDisturbed(stream)) {
      throw new TypeError('This ReadableStream has already been read from.');
    }
    const source = new EventSource(fromStream);
    source.#readOnce(stream);
    return source;
  }

  get url() {
    return this.#url;
  }
  get withCredentials() {
    return false;
  }
  get readyState() {
    return this.#readyState;
  }

  close() {
    this.#readyState = CLOSED;
    this.#closing.abort();
  }

  async #keepConnected() {
    // Whose event this is may be known only now, and each request counts as one of its requests.
    const request = bindCallback(() => this.#request());
    try {
      for (;;) {
        const stream = await request();
        const lost = await this.#readEvents(stream).catch((error) => error);
        this.#tell(CONNECTING, lost ?? new Error('The server disconnected.'));
        await scheduler.wait(this.#reconnectionTime, {signal: this.#closing.signal});
      }
    } catch (error) {
      this.#tell(CLOSED, error);
    }
  }

  async #readOnce(stream) {
    try {
      await undefined;  // who made it has to listen first
      await this.#readEvents(stream);
      throw new Error('The server disconnected.');
    } catch (error) {
      this.#tell(CLOSED, error);
    }
  }

  /** @returns {Promise<ReadableStream<Uint8Array>>} the events */
  async #request() {
    const headers = {'Accept': 'text/event-stream', 'Cache-Control': 'no-cache'};
    if (this.#lastEventId !== '') headers['Last-Event-ID'] = asHeader(this.#lastEventId);
    const init = {headers, signal: this.#closing.signal};
    const response =
        await (this.#fetcher ? this.#fetcher.fetch(this.#url, init) : fetch(this.#url, init));
    try {
      checkResponse(response);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
    if (response.redirected) this.#url = response.url;
    return response.body;
  }

  /** To the end of the stream; rejects when it fails, or this is closed. */
  async #readEvents(stream) {
    const reader = stream.getReader();
    const {signal} = this.#closing;
    const stop = () => reader.cancel(signal.reason).catch(() => {});
    signal.addEventListener('abort', stop);
    try {
      signal.throwIfAborted();
      this.#readyState = OPEN;
      this.dispatchEvent(new Event('open'));
      await this.#parse(reader);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #parse(reader) {
    const decoder = new TextDecoder();
    const origin = URL.parse(this.#url)?.origin ?? '';
    const parser = new EventStreamParser(
        this.#lastEventId,
        ({type, data, lastEventId}) => {
          if (this.#readyState === CLOSED) return;
          this.dispatchEvent(new MessageEvent(type, {data, lastEventId, origin}));
        },
        (milliseconds) => {
          this.#reconnectionTime = Math.min(
              Math.max(milliseconds, MINIMUM_RECONNECTION_TIME), MAXIMUM_RECONNECTION_TIME);
        });
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return;
      parser.push(decoder.decode(value, {stream: true}));
      this.#lastEventId = parser.lastEventId;
    }
  }

  /** Nothing more is told once it was closed. */
  #tell(readyState, error) {
    if (this.#readyState === CLOSED) return;
    this.#readyState = readyState;
    this.dispatchEvent(new ErrorEvent('error', {message: error?.message ?? String(error), error}));
  }
}

for (const name of ['open', 'message', 'error']) defineEventHandler(EventSource.prototype, name);
for (const [name, value] of Object.entries({CONNECTING, OPEN, CLOSED})) {
  for (const holder of [EventSource, EventSource.prototype]) {
    Object.defineProperty(holder, name, {value, enumerable: true});
  }
}
webidl.configureInterface(EventSource);

export {EventSource};
