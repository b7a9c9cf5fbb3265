// `cloudflare:sockets`: TCP and TLS connections as a pair of streams.
// Source: the "Socket" API of the WinterTC Sockets proposal, as Workers document it.

import {ops} from './host.js';
import {checkConnection, redirectAddress} from './outbound.js';
import {disallowedOperation, isTopLevel} from './top_level.js';

/** What each Socket keeps to itself. */
const states = new WeakMap();

/**
 * @param {string | {hostname: string, port: number}} address
 * @returns {{hostname: string, port: string}}
 */
function parseAddress(address) {
  if (typeof address === 'object' && address !== null) {
    const {hostname, port} = address;
    if (hostname === undefined || port === undefined) {
      throw new TypeError('connect(): the address needs a hostname and a port.');
    }
    return {hostname: String(hostname), port: checkPort(port)};
  }
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(String(address));
  if (!match) throw new TypeError('Specified address could not be parsed.');
  return {hostname: match[1] ?? match[2], port: checkPort(match[3])};
}

/** @param {unknown} port */
function checkPort(port) {
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    throw new TypeError(`The port ${port} is not between 1 and 65535.`);
  }
  return String(number);
}

/** A promise with its two ends; a rejection that nobody looks at is not reported. */
function deferred() {
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, {resolve, reject}));
  result.promise.catch(() => {});
  return result;
}

/** A connection. Made by connect(). */
export class Socket {
  constructor(state) {
    if (!(state instanceof State)) throw new TypeError('Illegal constructor');
    states.set(this, state);
  }

  /** @type {ReadableStream<Uint8Array>} ends when the peer ends its side */
  get readable() {
    return states.get(this).readable;
  }
  /** @type {WritableStream<Uint8Array>} closing it ends our side */
  get writable() {
    return states.get(this).writable;
  }
  /** @type {Promise<{remoteAddress: string, localAddress: string}>} */
  get opened() {
    return states.get(this).opened.promise;
  }
  /** @type {Promise<void>} rejects when the connection failed */
  get closed() {
    return states.get(this).closed.promise;
  }
  /** @type {boolean} whether startTls() has replaced this Socket */
  get upgraded() {
    return states.get(this).upgraded;
  }
  /** @type {'on' | 'off' | 'starttls'} */
  get secureTransport() {
    return states.get(this).secureTransport;
  }

  /** Ends both sides at once. */
  async close() {
    const state = states.get(this);
    await state.opened.promise.catch(() => {});
    await state.written;
    state.shut();
    return state.closed.promise;
  }

  /**
   * Goes on with TLS on the same connection: a new Socket takes its place.
   * @param {{expectedServerHostname?: string}} [options]
   * @returns {Socket}
   */
  startTls(options = {}) {
    const state = states.get(this);
    if (state.secureTransport !== 'starttls') {
      throw new TypeError("secureTransport must be set to 'starttls' for startTls to be called.");
    }
    if (state.upgraded) throw new TypeError('startTls can only be called once.');
    state.upgraded = true;
    return new Socket(state.upgrade(options.expectedServerHostname ?? state.hostname));
  }
}

/** One direction-pair over a native socket; a Socket's inside. */
class State {
  id = undefined;
  upgraded = false;
  over = false;
  ended = {readable: false, writable: false};
  /** Settles when what was written last is on its way. */
  written = Promise.resolve();
  opened = deferred();
  closed = deferred();

  /**
   * @param {string} hostname
   * @param {'on' | 'off' | 'starttls'} secureTransport
   * @param {boolean} allowHalfOpen whether our side stays open when the peer ends its own
   * @param {boolean} speaksTls whether the other end does
   * @param {Promise<object>} connecting gives {id, remoteAddress, localAddress}
   */
  constructor(hostname, secureTransport, allowHalfOpen, speaksTls, connecting) {
    this.speaksTls = speaksTls;
    this.hostname = hostname;
    this.secureTransport = secureTransport;
    this.allowHalfOpen = allowHalfOpen;
    const ready = connecting.then((native) => {
      this.id = native.id;
      this.opened.resolve({
        remoteAddress: native.remoteAddress,
        localAddress: native.localAddress,
      });
    });
    ready.catch((error) => this.fail(error));
    this.readable = new ReadableStream({
      type: 'bytes',
      start: () => ready,
      pull: (controller) => this.pull(controller),
      cancel: () => this.endSide('readable'),
    }, {highWaterMark: 0});
    this.writable = new WritableStream({
      start: () => ready,
      write: (chunk) => this.write(chunk),
      close: () => this.endWriting(),
      abort: () => this.shut(),
    });
  }

  async pull(controller) {
    if (this.upgraded) return;
    let bytes = null;
    try {
      if (!this.over) bytes = await ops.socketRead(this.id);
    } catch (error) {
      if (this.upgraded) return;
      if (!this.over) {
        this.fail(error);
        throw error;
      }
    }
    if (bytes !== null) {
      controller.enqueue(bytes);
      return;
    }
    controller.close();
    controller.byobRequest?.respond(0);
    this.endSide('readable');
    if (!this.allowHalfOpen) this.shut();
  }

  async write(chunk) {
    if (!(chunk instanceof ArrayBuffer) && !ArrayBuffer.isView(chunk)) {
      throw new TypeError('This WritableStream only supports writing byte types.');
    }
    if (this.over || this.upgraded) throw new TypeError('This socket has been closed.');
    try {
      const written = ops.socketWrite(this.id, chunk);
      this.written = written.catch(() => {});
      await written;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  async endWriting() {
    if (this.upgraded || this.over || this.id === undefined) return;
    await ops.socketEnd(this.id);
    this.endSide('writable');
  }

  /** When both sides have ended the connection is over. */
  endSide(side) {
    this.ended[side] = true;
    if (this.ended.readable && this.ended.writable) this.shut();
  }

  /** Closes the connection, or leaves it to the Socket that goes on with it. */
  shut() {
    this.over = true;
    if (this.upgraded) return;
    if (this.id !== undefined) ops.socketClose(this.id);
    this.closed.resolve();
  }

  fail(error) {
    if (this.id !== undefined && !this.upgraded) ops.socketClose(this.id);
    this.opened.reject(error);
    this.closed.reject(error);
  }

  /** @param {string} hostname the name that the certificate must be for */
  upgrade(hostname) {
    const connecting = this.opened.promise.then(async (addresses) => {
      await this.written;
      if (this.speaksTls) await ops.socketStartTls(this.id, hostname);
      return {id: this.id, ...addresses};
    });
    const upgraded = new State(hostname, 'on', this.allowHalfOpen, this.speaksTls, connecting);
    upgraded.id = this.id;
    upgraded.closed.promise.then(this.closed.resolve, this.closed.reject);
    return upgraded;
  }
}

/**
 * @param {string | {hostname: string, port: number}} address "host:port" or its parts
 * @param {{secureTransport?: 'on' | 'off' | 'starttls', allowHalfOpen?: boolean}} [options]
 * @returns {Socket} at once; `opened` tells when the connection is there
 */
export function connect(address, options = undefined) {
  if (isTopLevel()) throw disallowedOperation();
  checkConnection();
  const {hostname, port} = parseAddress(address);
  const secureTransport = options?.secureTransport ?? 'off';
  if (!['on', 'off', 'starttls'].includes(secureTransport)) {
    throw new TypeError(
      `Unsupported value in secureTransport socket option: ${String(secureTransport)}`);
  }
  const target = redirectAddress(hostname, port);
  const connecting = ops.socketConnect(
      target.hostname, target.port, secureTransport === 'on' && target.tls, hostname);
  return new Socket(new State(
      hostname, secureTransport, options?.allowHalfOpen === true, target.tls, connecting));
}

/** The module's exports. */
export const cloudflareSockets = {connect};
