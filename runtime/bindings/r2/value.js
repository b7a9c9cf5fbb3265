// A value on its way into a bucket: buffers at once, streams chunk by chunk.

import {ops} from '../../web/js/host.js';

const encoder = new TextEncoder();

const bytesOf = (chunk) => typeof chunk === 'string' ? encoder.encode(chunk) :
    ArrayBuffer.isView(chunk) ? chunk : new Uint8Array(chunk);

/**
 * @param {number} bucket its handle
 * @param {object} upload as r2Upload returns it
 * @param {null | undefined | string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream} value
 * @param {() => Promise<any>} finish what to do when all of it is on its way
 * @returns {Promise<any>} what `finish` returned
 */
export async function send(bucket, upload, value, finish) {
  const source = value instanceof Blob ? value.stream() : value;
  if (source instanceof ReadableStream) {
    for await (const chunk of source) await ops.r2Write(bucket, upload, bytesOf(chunk));
    return finish();
  }
  if (source === null || source === undefined) return finish();
  if (typeof source !== 'string' && !(source instanceof ArrayBuffer) && !ArrayBuffer.isView(source)) {
    throw new TypeError(
        'R2 accepts only null, strings, ArrayBuffers, ArrayBufferViews, Blobs, and ReadableStreams as values.');
  }
  // Both are done in this order; waiting in between would only cost time.
  const [, result] = await Promise.all([ops.r2Write(bucket, upload, bytesOf(source)), finish()]);
  return result;
}
