// IdentityTransformStream and FixedLengthStream: bytes go in at one end and come out at the other.
// https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/
//
// Beside a TransformStream without a transformer: the readable end is a byte stream, nothing is kept
// between the ends (a write is done when its last byte was read), and a length may be known, which a
// request or response then tells as its Content-Length.

import {core} from './core.js';
import {ops} from './host.js';
import {createFilteredInspectProxy} from './inspect.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');
const {createReadableByteStream, TransformStream, WritableStream} =
    core.loadExtScript('ext:deno_web/06_streams.js');
const {setBodyLength} = core.loadExtScript('ext:deno_fetch/22_body.js');

const toStrategy = webidl.createDictionaryConverter('IdentityTransformStreamQueuingStrategy', [
  {key: 'highWaterMark', converter: webidl.converters['unrestricted double']},
]);

/** A copy: what the writer does with its memory afterwards changes nothing. */
function bytesOf(chunk) {
  if (typeof chunk === 'string') return ops.encodeUtf8(chunk);
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength).slice();
  }
  if (ops.isAnyArrayBuffer(chunk)) return new Uint8Array(chunk).slice();
  throw new TypeError(
      'This TransformStream is being used as a byte stream, but received an object of ' +
      'non-ArrayBuffer/ArrayBufferView type on its writable side.');
}

/** What lies between the two ends. */
class Pipe {
  /** The write whose bytes are not all read. @type {{bytes: Uint8Array, done: Function, failed: Function} | null} */
  #write = null;
  /** Tells the readable end that its reader was served. @type {Function | null} */
  #served = null;
  /** @type {ReadableByteStreamController} */
  #source;
  /** @type {WritableStreamDefaultController} */
  #sink;
  /** Bytes that are still expected; Infinity when no length is known. */
  #missing;

  /** @param {number} length @param {number | undefined} highWaterMark bytes */
  constructor(length, highWaterMark) {
    this.#missing = length;
    this.readable = createReadableByteStream(
        (controller) => { this.#source = controller; },
        () => this.#pull(),
        async (reason) => {
          this.#sink.error(reason);
          this.#endWrite(reason);
        });
    this.writable = new WritableStream({
      start: (controller) => {
        this.#sink = controller;
        // The sink's own abort() is only called once no write is under way.
        controller.signal.addEventListener('abort', () => this.#fail(controller.signal.reason));
      },
      write: (chunk) => this.#take(chunk),
      close: () => this.#close(),
      abort: (reason) => this.#fail(reason),
    }, highWaterMark === undefined ? undefined : {
      highWaterMark,
      size: (chunk) => chunk?.byteLength ?? chunk?.length ?? 0,
    });
  }

  /** A reader waits. */
  #pull() {
    return new Promise((resolve) => {
      this.#served = resolve;
      this.#pass();
    });
  }

  #take(chunk) {
    return new Promise((done, failed) => {
      try {
        const bytes = bytesOf(chunk);
        if (bytes.byteLength > this.#missing) {
          throw new TypeError('Attempt to write too many bytes through a FixedLengthStream.');
        }
        this.#missing -= bytes.byteLength;
        if (bytes.byteLength === 0) return done();
        this.#write = {bytes, done, failed};
      } catch (error) {
        this.#fail(error);
        return failed(error);
      }
      return this.#pass();
    });
  }

  /** From the write that waits to the reader that waits. */
  #pass() {
    if (this.#write === null || this.#served === null) return;
    const {bytes, done} = this.#write;
    const request = this.#source.byobRequest;
    const length = Math.min(bytes.byteLength, request?.view.byteLength ?? Infinity);
    if (length === bytes.byteLength) {
      this.#write = null;
      done();
    } else {
      this.#write.bytes = bytes.subarray(length);
    }
    this.#endPull();
    if (request === null) {
      this.#source.enqueue(bytes);
    } else {
      const {buffer, byteOffset} = request.view;
      new Uint8Array(buffer, byteOffset, length).set(bytes.subarray(0, length));
      request.respond(length);
    }
  }

  #endPull() {
    this.#served?.();
    this.#served = null;
  }

  #close() {
    if (this.#missing > 0 && Number.isFinite(this.#missing)) {
      const error =
          new TypeError('FixedLengthStream did not see all expected bytes before close().');
      this.#fail(error);
      throw error;
    }
    this.#source.close();
    this.#source.byobRequest?.respond(0);  // answers a reader that waits with a buffer of its own
    this.#endPull();
  }

  #endWrite(reason) {
    this.#write?.failed(reason);
    this.#write = null;
  }

  /** The writable end fails by itself: by an abort, or by what its write or close throws. */
  #fail(reason) {
    this.#endWrite(reason);
    this.#source.error(reason);
    this.#endPull();
  }
}

function strategyOf(value, name) {
  return toStrategy(value, `Failed to construct '${name}'`, 'The strategy').highWaterMark;
}

class IdentityTransformStream {
  #pipe;

  /** @param {{highWaterMark?: number}} [strategy] bytes that the writable end takes ahead of the reader */
  constructor(strategy = undefined) {
    this.#pipe = strategy instanceof Pipe
        ? strategy : new Pipe(Infinity, strategyOf(strategy, 'IdentityTransformStream'));
  }

  get readable() {
    return this.#pipe.readable;
  }
  get writable() {
    return this.#pipe.writable;
  }

  [Symbol.for('Deno.privateCustomInspect')](inspect, options) {
    const evaluate = #pipe in this;
    return inspect(
        createFilteredInspectProxy({object: this, evaluate, keys: ['readable', 'writable']}), options);
  }
}

// A TransformStream to `instanceof`, without the streams that its constructor would make.
Object.setPrototypeOf(IdentityTransformStream, TransformStream);
Object.setPrototypeOf(IdentityTransformStream.prototype, TransformStream.prototype);

class FixedLengthStream extends IdentityTransformStream {
  /**
   * @param {number | bigint} expectedLength bytes
   * @param {{highWaterMark?: number}} [strategy]
   */
  constructor(expectedLength, strategy = undefined) {
    const length = Number(expectedLength);
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new TypeError(
          'FixedLengthStream requires an integer expected length less than 2^53.');
    }
    const highWaterMark = strategyOf(strategy, 'FixedLengthStream');
    const pipe = new Pipe(length, highWaterMark && Math.min(highWaterMark, length));
    super(pipe);
    setBodyLength(pipe.readable, length);
  }
}

webidl.configureInterface(IdentityTransformStream);
webidl.configureInterface(FixedLengthStream);

export {FixedLengthStream, IdentityTransformStream};
