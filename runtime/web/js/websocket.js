// WebSocket and WebSocketPair: https://websockets.spec.whatwg.org/, with what Workers have beside it
// (accept(), pairs, attachments): https://developers.cloudflare.com/workers/runtime-apis/websockets/
//
// A WebSocket sends into a link and gets events from it. The link leads to the other WebSocket of a
// pair, or to a connection (web_sockets.h). A WebSocket that a handler returns in its response is never
// accepted: what comes to it is passed on to the client, and what the client sends into its link.

import {core} from './core.js';
import {ops} from './host.js';
import {checkConnection, redirectUrl} from './outbound.js';
import {disallowedOperation, isTopLevel} from './top_level.js';

const event = core.loadExtScript('ext:deno_web/02_event.js');
const {URL} = core.loadExtScript('ext:deno_web/00_url.js');
const {Blob} = core.loadExtScript('ext:deno_web/09_file.js');
const {DOMException} = core.loadExtScript('ext:deno_web/01_dom_exception.js');
const {CloseEvent, Event, MessageEvent, defineEventHandler} = event;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Longest reason of a close frame: 125 bytes less the code (RFC 6455, section 5.5). */
const MAXIMUM_REASON_BYTES = 123;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What new WebSockets give binary messages as; the compatibility flags say. */
let defaultBinaryType = 'arraybuffer';

/** @param {boolean} standard as browsers do, as a Blob */
export function setStandardBinaryType(standard) {
  defaultBinaryType = standard ? 'blob' : 'arraybuffer';
}

/**
 * @typedef {{type: 'message', data: string | Uint8Array} |
 *     {type: 'close', code: number, reason: string, wasClean: boolean}} Arrival what comes from a link
 */

/** A connection as a link. */
class Connection {
  /** @param {number} id */
  constructor(id) {
    this.id = id;
  }

  /** @param {string | Uint8Array} data */
  send(data) {
    ops.webSocketSend(this.id, data);
  }

  close(code, reason) {
    ops.webSocketClose(this.id, code, reason);
  }

  /** Passes on everything that arrives. @param {(arrival: Arrival) => void} receive */
  async listen(receive) {
    for (;;) {
      const data = await ops.webSocketRead(this.id);
      if (Array.isArray(data)) {
        const [code, reason, wasClean] = data;
        receive({type: 'close', code, reason, wasClean});
        return;
      }
      receive({type: 'message', data});
    }
  }
}

/** The way to the other WebSocket of a pair. */
class PairLink {
  /** @param {State} other */
  constructor(other) {
    this.other = other;
  }

  send(data) {
    this.other.arrive({type: 'message', data});
  }

  close(code, reason) {
    this.other.arrive({type: 'close', code: code || 1005, reason, wasClean: true});
  }
}

/** The inside of a WebSocket. */
class State {
  link = null;
  readyState = OPEN;
  accepted = false;
  isClient = false;  // made by the constructor: needs no accept()
  sentClose = false;
  url = null;
  protocol = '';
  extensions = '';
  binaryType = defaultBinaryType;
  attachment = null;
  /** @type {Arrival[]} what came before somebody wanted it */
  waiting = [];
  /** @type {((arrival: Arrival) => void) | null} */
  sink = null;

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
  }

  /** @param {Arrival} arrival */
  arrive(arrival) {
    if (this.sink === null) this.waiting.push(arrival);
    else this.sink(arrival);
  }

  /** From now on this function gets what arrives. */
  flowInto(sink) {
    this.sink = sink;
    for (const arrival of this.waiting.splice(0)) sink(arrival);
  }

  /** What arrives becomes events, each in a task of its own. */
  dispatchEvents() {
    this.accepted = true;
    this.flowInto((arrival) => ops.queueTask(() => this.dispatch(arrival)));
  }

  dispatch(arrival) {
    if (this.readyState === CLOSED) return;
    if (arrival.type === 'message') {
      if (this.readyState !== OPEN && !this.sentClose) return;
      this.socket.dispatchEvent(new MessageEvent('message', {data: this.#convert(arrival.data)}));
      return;
    }
    this.readyState = CLOSED;
    // The other WebSocket of a pair hears that its goodbye has come; on a connection it was answered.
    if (!this.sentClose && this.link instanceof PairLink) {
      this.link.close(arrival.code === 1005 ? 0 : arrival.code, arrival.reason);
    }
    if (!arrival.wasClean && this.isClient) this.socket.dispatchEvent(new Event('error'));
    const {code, reason, wasClean} = arrival;
    this.socket.dispatchEvent(new CloseEvent('close', {code, reason, wasClean}));
  }

  #convert(data) {
    if (typeof data === 'string') return data;
    if (this.binaryType === 'blob') return new Blob([data]);
    return data.buffer.byteLength === data.byteLength ? data.buffer : data.slice().buffer;
  }
}

/** @type {WeakMap<WebSocket, State>} */
const states = new WeakMap();

/** @returns {State} */
function stateOf(socket) {
  const state = states.get(socket);
  if (state === undefined) throw new TypeError('Illegal invocation');
  return state;
}

const unconnected = Symbol('unconnected');

/** Without a link; its maker gives it one. */
function makeWebSocket() {
  return new WebSocket(unconnected);
}

function checkUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new DOMException(`WebSocket Constructor: The url is invalid: ${text}`, 'SyntaxError');
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new DOMException(
        'WebSocket Constructor: The url scheme must be ws, wss, http or https.', 'SyntaxError');
  }
  if (url.hash !== '') {
    throw new DOMException('WebSocket Constructor: The url fragment must be empty.', 'SyntaxError');
  }
  return url;
}

function checkProtocols(protocols) {
  const list = (typeof protocols === 'string' ? [protocols] : [...protocols]).map(String);
  const distinct = new Set(list.map((name) => name.toLowerCase()));
  if (!list.every((name) => TOKEN.test(name)) || distinct.size !== list.length) {
    throw new DOMException(
        'WebSocket Constructor: The protocols are not distinct tokens.', 'SyntaxError');
  }
  return list;
}

function headerOf(flat, wanted) {
  const at = flat.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === wanted);
  return at < 0 ? '' : flat[at + 1];
}

/**
 * Makes the opening handshake.
 * @param {URL} url ws: or wss:
 * @param {string[]} headers flat
 * @returns {Promise<{id?: number, status: number, headers: string[]}>}
 */
async function shakeHands(url, headers) {
  checkConnection();
  const asHttp = new URL(url.href);
  asHttp.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  const standIn = redirectUrl(asHttp.href);
  const target = standIn === null ? asHttp : new URL(standIn.url);
  const tls = target.protocol === 'https:';
  return ops.webSocketConnect({
    host: target.hostname.replace(/^\[|\]$/g, ''),
    port: target.port || (tls ? '443' : '80'),
    tls,
    name: asHttp.hostname.replace(/^\[|\]$/g, ''),
    hostHeader: asHttp.host,
    path: asHttp.pathname + asHttp.search,
  }, headers);
}

/** @param {State} state @param {{id: number, headers: string[]}} answer */
function connectTo(state, answer) {
  state.protocol = headerOf(answer.headers, 'sec-websocket-protocol');
  state.extensions = headerOf(answer.headers, 'sec-websocket-extensions');
  state.link = new Connection(answer.id);
  state.link.listen((arrival) => state.arrive(arrival));
}

/** @param {State} state @param {string[]} protocols */
async function open(state, url, protocols) {
  const headers = protocols.length > 0 ? ['Sec-WebSocket-Protocol', protocols.join(', ')] : [];
  if (url.username !== '') {
    const [name, password] = [url.username, url.password].map(decodeURIComponent);
    headers.push('Authorization', `Basic ${btoa(`${name}:${password}`)}`);
  }
  try {
    const answer = await shakeHands(url, headers);
    if (answer.id === undefined) throw new Error(`the server answered ${answer.status}`);
    const {closeRequested} = state;
    connectTo(state, answer);
    if (closeRequested !== undefined) {
      state.link.close(...closeRequested);
    } else {
      state.readyState = OPEN;
      state.socket.dispatchEvent(new Event('open'));
    }
    state.dispatchEvents();
  } catch (error) {
    state.readyState = CLOSED;
    const failed = new event.ErrorEvent('error', {message: error.message, error});
    state.socket.dispatchEvent(failed);
    state.socket.dispatchEvent(
        new CloseEvent('close', {code: 1006, reason: 'Failed to establish websocket connection'}));
  }
}

export class WebSocket extends event.EventTarget {
  /**
   * @param {string | URL} url ws:, wss:, http: or https:
   * @param {string | Iterable<string>} [protocols] in order of preference
   */
  constructor(url, protocols = []) {
    super();
    const state = new State(this);
    states.set(this, state);
    if (url === unconnected) return;
    if (isTopLevel()) throw disallowedOperation();
    const target = checkUrl(String(url));
    const list = checkProtocols(protocols);
    state.readyState = CONNECTING;
    state.isClient = true;
    state.url = target.href;
    open(state, target, list);
  }

  get readyState() {
    return stateOf(this).readyState;
  }
  get url() {
    return stateOf(this).url;
  }
  get protocol() {
    return stateOf(this).protocol;
  }
  get extensions() {
    return stateOf(this).extensions;
  }
  get bufferedAmount() {
    return 0;
  }
  get binaryType() {
    return stateOf(this).binaryType;
  }
  set binaryType(type) {
    if (type === 'blob' || type === 'arraybuffer') stateOf(this).binaryType = type;
  }

  /** Begins to get events; needed on both sides of a pair, and after fetch(). */
  accept() {
    const state = stateOf(this);
    if (state.isClient) {
      throw new TypeError(
          "Websockets obtained from the 'new WebSocket()' constructor cannot call accept");
    }
    if (state.sink !== null && !state.accepted) {
      throw new TypeError("Can't accept() WebSocket that was already used in a response.");
    }
    if (!state.accepted) state.dispatchEvents();
  }

  /** @param {string | ArrayBuffer | ArrayBufferView | Blob} message */
  send(message) {
    const state = stateOf(this);
    if (state.readyState === CONNECTING) {
      throw new DOMException('The WebSocket is not open yet.', 'InvalidStateError');
    }
    if (!state.isClient && !state.accepted) {
      throw new TypeError('You must call accept() on this WebSocket before sending messages.');
    }
    if (state.sentClose) throw new TypeError("Can't call WebSocket send() after close().");
    if (state.readyState === CLOSED) return;
    if (message instanceof Blob) {
      throw new TypeError('A Blob cannot be sent: send its arrayBuffer().');
    }
    if (ArrayBuffer.isView(message)) {
      state.link.send(
          new Uint8Array(message.buffer, message.byteOffset, message.byteLength).slice());
    } else if (message instanceof ArrayBuffer) {
      state.link.send(new Uint8Array(message.slice(0)));
    } else {
      state.link.send(String(message));
    }
  }

  /**
   * @param {number} [code] 1000, or 3000 to 4999; other codes of the standard are for servers
   * @param {string} [reason] at most 123 bytes
   */
  close(code = undefined, reason = undefined) {
    const state = stateOf(this);
    const number = code === undefined ? 0 : Number(code);
    if (code !== undefined && (!Number.isInteger(number) || number < 1000 || number >= 5000 ||
                               [1004, 1005, 1006, 1015].includes(number))) {
      throw new DOMException(`Invalid WebSocket close code: ${code}.`, 'InvalidAccessError');
    }
    const text = reason === undefined || reason === null ? '' : String(reason);
    if (text !== '' && number === 0) {
      throw new DOMException(
          'If you specify a WebSocket close reason, you must also specify a code.', 'SyntaxError');
    }
    if (ops.encodeUtf8(text).byteLength > MAXIMUM_REASON_BYTES) {
      throw new DOMException(
          `A WebSocket close reason has at most ${MAXIMUM_REASON_BYTES} bytes.`, 'SyntaxError');
    }
    if (state.readyState === CONNECTING) {
      state.closeRequested ??= [number, text];
      state.readyState = CLOSING;
      state.sentClose = true;
      return;
    }
    if (!state.isClient && !state.accepted) {
      throw new TypeError('You must call accept() on this WebSocket before sending messages.');
    }
    if (state.sentClose || state.readyState === CLOSED) return;
    state.sentClose = true;
    state.readyState = CLOSING;
    state.link.close(number, text);
  }

  /** Keeps a value with this WebSocket. @param {any} value anything that can be cloned */
  serializeAttachment(value) {
    stateOf(this).attachment = core.serialize(value);
  }
  /** @returns {any} a copy of what was kept, or null */
  deserializeAttachment() {
    const {attachment} = stateOf(this);
    return attachment === null ? null : core.deserialize(attachment);
  }

  get [Symbol.toStringTag]() {
    return 'WebSocket';
  }
}

for (const name of ['open', 'message', 'error', 'close']) {
  defineEventHandler(WebSocket.prototype, name);
}
for (const [name, value] of Object.entries({CONNECTING, OPEN, CLOSING, CLOSED})) {
  for (const target of [WebSocket, WebSocket.prototype]) {
    Object.defineProperty(target, name, {value, enumerable: true});
    // The name in Workers before they had the standard's.
    Object.defineProperty(target, `READY_STATE_${name}`, {value, enumerable: true});
  }
}

/** Two WebSockets: what goes into one comes out of the other. */
export class WebSocketPair {
  constructor() {
    this[0] = makeWebSocket();
    this[1] = makeWebSocket();
    const [first, second] = [stateOf(this[0]), stateOf(this[1])];
    first.link = new PairLink(second);
    second.link = new PairLink(first);
  }

  * [Symbol.iterator]() {
    yield this[0];
    yield this[1];
  }

  get [Symbol.toStringTag]() {
    return 'WebSocketPair';
  }
}

/**
 * fetch() with the header `Upgrade: websocket`.
 * @param {string} url http: or https:
 * @param {string[]} headers flat
 * @returns {Promise<{status: number, headers: string[], webSocket: WebSocket | null}>}
 */
export async function fetchWebSocket(url, headers) {
  const answer = await shakeHands(checkUrl(url), headers);
  if (answer.id === undefined) return {...answer, webSocket: null};
  const webSocket = makeWebSocket();
  connectTo(stateOf(webSocket), answer);
  return {status: answer.status, headers: answer.headers, webSocket};
}

/**
 * Whether a handler may return this in its response.
 * @param {any} webSocket
 * @throws {TypeError} when not
 */
export function checkReturned(webSocket) {
  const state = states.get(webSocket);
  if (state === undefined) throw new TypeError('The webSocket of the response is no WebSocket.');
  if (state.accepted || state.isClient) {
    throw new TypeError(
        "Can't return WebSocket in a Response after calling accept(); return the other one of the pair.");
  }
  if (state.sink !== null) {
    throw new TypeError("Can't return WebSocket that was already used in a response.");
  }
}

/**
 * Joins the WebSocket that a handler returned with the client's connection.
 * @param {WebSocket} webSocket
 * @param {number} id of the connection
 */
export function joinClient(webSocket, id) {
  const state = stateOf(webSocket);
  const connection = new Connection(id);
  state.flowInto((arrival) => {
    if (arrival.type === 'message') connection.send(arrival.data);
    // 1005 and 1006 stand for there being no code.
    else connection.close(
        arrival.code === 1005 || arrival.code === 1006 ? 0 : arrival.code, arrival.reason);
  });
  connection.listen((arrival) => {
    const {link} = state;
    if (arrival.type === 'message') link.send(arrival.data);
    else if (link instanceof PairLink) link.other.arrive(arrival);
    else link.close(arrival.code === 1005 || arrival.code === 1006 ? 0 : arrival.code, arrival.reason);
  });
}
