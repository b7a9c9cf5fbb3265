// Requests and responses between the platform's classes and what a server has in hand, without work
// that the Worker does not ask for: no Headers object, no stream, no signal before it is touched.

import {core} from './core.js';
import {bootstrap} from './deno/bootstrap.js';

const {URL} = core.loadExtScript('ext:deno_web/00_url.js');
const {createReadableByteStream, errorReadableStream, readableStreamClose, ReadableStream} =
    core.loadExtScript('ext:deno_web/06_streams.js');
const {InnerBody} = core.loadExtScript('ext:deno_fetch/22_body.js');
const {abortRequest, fromInnerRequest, newInnerRequest, toInnerRequest} =
    core.loadExtScript('ext:deno_fetch/23_request.js');
const {fromInnerResponse, newInnerResponse, toInnerResponse} =
    core.loadExtScript('ext:deno_fetch/23_response.js');

/** [name, value, name, value, …] to [[name, value], …] */
function pairsOf(flat) {
  const pairs = new Array(flat.length / 2);
  for (let i = 0; i < pairs.length; i++) pairs[i] = [flat[2 * i], flat[2 * i + 1]];
  return pairs;
}

function flatten(pairs) {
  const flat = new Array(pairs.length * 2);
  for (let i = 0; i < pairs.length; i++) {
    flat[2 * i] = pairs[i][0];
    flat[2 * i + 1] = pairs[i][1];
  }
  return flat;
}

const nothing = () => undefined;

/**
 * A byte stream over a function that reads.
 * @param {() => Promise<Uint8Array | null>} read the next chunk, null at the end; only called when the
 *     stream is read and never twice at a time
 * @param {(reason: any) => void} [cancel] nobody wants the rest
 * @returns {ReadableStream}
 */
export function readableFrom(read, cancel = nothing) {
  const pull = async (controller) => {
    const chunk = await read();
    if (chunk === null) {
      controller.close();
      controller.byobRequest?.respond(0);  // answers a reader that waits with a buffer of its own
    } else if (chunk.byteLength > 0) {
      controller.enqueue(chunk);
    } else {
      await pull(controller);
    }
  };
  return createReadableByteStream(nothing, pull, async (reason) => { cancel(reason); });
}

/** @param {null | string | Uint8Array | ReadableStream} content @returns {object | null} an inner body */
function bodyOf(content) {
  if (content === null) return null;
  return new InnerBody(
      content instanceof ReadableStream ? content : {body: content, consumed: false});
}

/**
 * A Request as the server received it; its headers cannot be changed.
 * @param {string} method as sent
 * @param {string} url absolute
 * @param {string[]} headers flat
 * @param {null | string | Uint8Array | ReadableStream} body
 * @param {object} [cf] what `request.cf` gives
 * @returns {Request}
 * @throws {TypeError} when the URL is not valid
 */
export function makeRequest(method, url, headers, body, cf) {
  const inner = newInnerRequest(
      method, new URL(url).href, () => pairsOf(headers), bodyOf(body), false);
  inner.cf = cf;
  inner.redirectMode = 'manual';  // what a Worker that passes the request on wants
  return fromInnerRequest(inner, 'immutable');
}

/** A stream of known length is sent with it; that of other bodies the server sees itself. */
function lengthHeader(body) {
  const isSized = body !== null && body.length !== null && body.streamOrStatic instanceof ReadableStream;
  return isSized ? ['Content-Length', String(body.length)] : null;
}

/**
 * With `encodeBody: "automatic"` (the default) a body is always given as it is without its content
 * encoding, and how it travels is the server's choice: ours is not to encode.
 */
function headersToSend({headerList, encodeBody, body}) {
  const isEncoded = ([name]) => name.length === 16 && name.toLowerCase() === 'content-encoding';
  const isLength = ([name]) => name.length === 14 && name.toLowerCase() === 'content-length';
  const length = lengthHeader(body);
  const decodes = encodeBody !== 'manual' && headerList.some(isEncoded);
  if (!decodes && length === null) return headerList;
  const kept = headerList.filter((header) => !isLength(header) && !(decodes && isEncoded(header)));
  return length === null ? kept : [...kept, length];
}

/**
 * @param {Request} request
 * @returns {string} a line for each name and for each value of its headers, in the order of an iteration
 */
export function headerText(request) {
  const {headerList} = toInnerRequest(request);
  const lines = headerList.map(([name, value]) => `${name.toLowerCase()}\n${value}`);
  const names = new Set(headerList.map(([name]) => name.toLowerCase()));
  if (names.size === headerList.length) return lines.sort().join('\n');
  return [...request.headers].flat().join('\n');
}

/** @param {string} text as of headerText() @returns {Headers} */
export function headersFromText(text) {
  return new Headers(text === '' ? [] : pairsOf(text.split('\n')));
}

/** The client went away: aborts `request.signal`. @param {Request} request */
export {abortRequest};

/** @param {Request} request @returns {boolean} whether somebody has asked for `request.signal` */
export function isWatched(request) {
  return bootstrap.internals.getCachedAbortSignal(request) !== undefined;
}

/**
 * What has to be sent for a Response; takes its body away from it.
 * @param {Response} response
 * @returns {{status: number, statusText: string, headers: string[],
 *     body: null | string | Uint8Array | ReadableStream, webSocket: any, encodeBody: string}}
 * @throws {TypeError} when it is none, or its body was used
 */
export function takeResponse(response) {
  const inner = toInnerResponse(response);
  if (inner === undefined) throw new TypeError('The value is not a Response.');
  if (inner.type === 'error') throw new TypeError('Return value from handler is an error response.');
  return {
    status: inner.status,
    statusText: inner.statusMessage,
    headers: flatten(headersToSend(inner)),
    body: takeBody(inner.body),
    webSocket: inner.webSocket ?? null,
    encodeBody: inner.encodeBody ?? 'automatic',
  };
}

/**
 * The content of a body in its cheapest form.
 * @param {object | null} body an inner body of Deno's
 * @returns {null | string | Uint8Array | ReadableStream}
 */
export function takeBody(body) {
  if (body === null) return null;
  if (body.unusable()) {
    throw new TypeError(
        'Body has already been used. It can only be used once. Use tee() first if you need to read ' +
        'it twice.');
  }
  const {streamOrStatic} = body;
  if (streamOrStatic instanceof ReadableStream) return streamOrStatic;
  streamOrStatic.consumed = true;
  return streamOrStatic.body;
}

/**
 * A Response as it came from another server.
 * @param {{status: number, statusText: string, headers: string[], url?: string[],
 *     body: null | string | Uint8Array | ReadableStream, webSocket?: WebSocket | null, cf?: object,
 *     encodeBody?: string}} received `url`: every URL on the way
 * @returns {Response}
 */
export function makeResponse(
    {status, statusText, headers, url = [], body, webSocket = null, cf, encodeBody}) {
  const inner = newInnerResponse(status, statusText);
  inner.headerList = pairsOf(headers);
  inner.urlList = url;
  inner.body = bodyOf(body);
  inner.webSocket = webSocket;
  if (cf !== undefined) inner.cf = cf;
  if (encodeBody !== undefined) inner.encodeBody = encodeBody;
  return fromInnerResponse(inner, 'immutable');
}

export {errorReadableStream, flatten, newInnerResponse, pairsOf, readableStreamClose,
  toInnerRequest, toInnerResponse};
