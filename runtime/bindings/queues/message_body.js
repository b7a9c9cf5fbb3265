// A message's body as bytes, in one of the formats that a producer may choose:
// https://developers.cloudflare.com/queues/configuration/javascript-apis/#queuescontenttype

import {ops} from '../../web/js/host.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function required(type, kind, body) {
  return new TypeError(
      `Content Type "${type}" requires a value of type ${kind}, but received: ${typeof body}`);
}

function writeJson(body) {
  const text = JSON.stringify(body);
  if (text === undefined) throw new TypeError(`A ${typeof body} cannot be written as JSON`);
  return encoder.encode(text);
}

/** @type {Record<string, {write: (body: any) => Uint8Array, read: (bytes: Uint8Array) => any}>} */
const FORMATS = {
  json: {write: writeJson, read: (bytes) => JSON.parse(decoder.decode(bytes))},
  text: {
    write: (body) => {
      if (typeof body !== 'string') throw required('text', 'string', body);
      return encoder.encode(body);
    },
    read: (bytes) => decoder.decode(bytes),
  },
  bytes: {
    write: (body) => {
      if (!ArrayBuffer.isView(body)) throw required('bytes', 'ArrayBufferView', body);
      return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    },
    read: (bytes) => bytes.buffer,
  },
  v8: {write: (body) => ops.valueToBytes(body), read: (bytes) => ops.valueFromBytes(bytes)},
};

/** @param {string} contentType @returns {string} in small letters. Throws for one that there is not */
export function checkContentType(contentType) {
  const type = `${contentType}`.toLowerCase();
  if (Object.hasOwn(FORMATS, type)) return type;
  throw new TypeError(`Unsupported queue message content type: ${contentType}`);
}

/**
 * @param {any} body
 * @param {string} type of checkContentType()
 * @returns {Uint8Array} it may share the body's memory
 */
export function writeBody(body, type) {
  return FORMATS[type].write(body);
}

/** @param {Uint8Array} bytes of their own @param {string} type @returns {any} */
export function readBody(bytes, type) {
  return FORMATS[checkContentType(type)].read(bytes);
}
