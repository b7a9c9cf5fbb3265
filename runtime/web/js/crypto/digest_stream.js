// The digest of what is written to a stream, Workers' own:
// https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#digeststream

import {core} from '../core.js';
import {ops} from '../host.js';
import {hash, viewOf} from './algorithms.js';

const {WritableStream} = core.loadExtScript('ext:deno_web/06_streams.js');
const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');

const PREFIX = 'Failed to construct \'DigestStream\'';

/** A string is written as UTF-8. */
function bytesOf(chunk) {
  if (typeof chunk === 'string') return core.encode(chunk);
  if (ArrayBuffer.isView(chunk) || core.isAnyArrayBuffer(chunk)) return viewOf(chunk);
  throw new TypeError('A DigestStream takes ArrayBuffers, views of them, and strings');
}

export class DigestStream extends WritableStream {
  #bytesWritten = 0n;
  #digest;
  #settle;

  /** @param {string | {name: string}} algorithm "SHA-256" */
  constructor(algorithm) {
    webidl.requiredArguments(arguments.length, 1, PREFIX);
    const digest = ops.digestNew(hash(algorithm, PREFIX, 'Argument 1').name);
    super({
      write: (chunk) => {
        try {
          const bytes = bytesOf(chunk);
          ops.digestUpdate(digest, bytes);
          this.#bytesWritten += BigInt(bytes.length);
        } catch (error) {
          this.#settle.reject(error);
          throw error;
        }
      },
      close: () => this.#settle.resolve(ops.digestFinish(digest)),
      abort: (reason) => this.#settle.reject(reason),
    });
    this.#digest = new Promise((resolve, reject) => { this.#settle = {resolve, reject}; });
    // Who aborts the stream need not look at its digest.
    this.#digest.catch(() => {});
  }

  /** @returns {Promise<ArrayBuffer>} once the stream is closed; rejects when it is aborted */
  get digest() {
    return this.#digest;
  }

  /** @returns {bigint} */
  get bytesWritten() {
    return this.#bytesWritten;
  }
}
webidl.configureInterface(DigestStream);
