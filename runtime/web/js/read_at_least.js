// ReadableStreamBYOBReader.readAtLeast(), which Workers had before the standard had read(view, {min}).
// https://developers.cloudflare.com/workers/runtime-apis/streams/readablestreambyobreader/

import {core} from './core.js';

const {ReadableStreamBYOBReader} = core.loadExtScript('ext:deno_web/06_streams.js');

/**
 * @param {number} minElements elements of the view that it waits for; there are fewer at the end
 * @param {ArrayBufferView} view
 * @returns {Promise<{value: ArrayBufferView | undefined, done: boolean}>}
 */
async function readAtLeast(minElements, view) {
  if (!(minElements >= 1 && minElements <= (view.length ?? view.byteLength))) {
    throw new TypeError(`Requested invalid minimum number of bytes to read (${minElements}).`);
  }
  const {value, done} = await this.read(view, {min: minElements});
  // The standard's last read has the rest of the bytes and the end in one; here they come in turn.
  return {value, done: done && !value?.byteLength};
}

Object.defineProperty(ReadableStreamBYOBReader.prototype, 'readAtLeast', {
  value: readAtLeast,
  writable: true,
  enumerable: true,
  configurable: true,
});
