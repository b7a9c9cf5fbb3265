// fetch(): https://fetch.spec.whatwg.org/#fetch-method, as Workers have it: no CORS, no cookies, no
// cache; with redirect "manual" the redirect itself is the response.

import {core} from './core.js';
import {readDataUrl} from './data_url.js';
import {ops} from './host.js';
import {flatten, makeResponse, readableFrom, takeBody, toInnerRequest} from './http.js';
import {Request, Response} from './http_extensions.js';
import {beginSubrequest, outboundInterceptor, redirectUrl} from './outbound.js';
import {disallowedOperation, isTopLevel} from './top_level.js';
import {fetchWebSocket} from './websocket.js';

const {URL} = core.loadExtScript('ext:deno_web/00_url.js');
const {ReadableStream} = core.loadExtScript('ext:deno_web/06_streams.js');

/** A body that is made of a Blob or a form can be sent again up to this size, in bytes. */
const MAXIMUM_HELD = 64 << 20;
/** The standard's limit of redirects in a row. */
const MAXIMUM_REDIRECTS = 20;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const NULL_BODY = new Set([101, 204, 205, 304]);

/** Headers that belong to a connection or are libcurl's to set. */
const NOT_SENT = new Set([
  'connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer',
  'transfer-encoding', 'upgrade',
]);
/** Describe a body; a redirect that drops the body drops them. */
const BODY_HEADERS =
    new Set(['content-encoding', 'content-language', 'content-location', 'content-type']);
/** Are not told to another origin. */
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Ends a transfer whose response nobody reads any more. */
const unread = new FinalizationRegistry((id) => ops.fetchCancel(id));

const without = (headers, names) => headers.filter(([name]) => !names.has(name.toLowerCase()));

/**
 * The headers that are sent as they are. Content is always decoded, so what codings may be used is not
 * the Worker's choice (nor that of the client whose request it passes on), except for none at all.
 */
function headersToSend(headers) {
  return flatten(without(headers, NOT_SENT).filter(([name, value]) =>
    name.toLowerCase() !== 'accept-encoding' || value === 'identity'));
}

/**
 * Sends a stream as the body of a transfer, no faster than it is taken.
 * @param {number} id @param {ReadableStream} stream
 * @param {(error: any) => void} failed told why the stream cannot be sent, before the transfer ends
 */
async function sendBody(id, stream, failed) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      if (!(value instanceof Uint8Array)) {
        throw new TypeError('A request body stream must give Uint8Array chunks.');
      }
      if (value.byteLength > 0 && !await ops.fetchWrite(id, value)) {
        await reader.cancel();
        return;
      }
    }
    ops.fetchEndBody(id);
  } catch (error) {
    failed(error);
    ops.fetchCancel(id);
    reader.cancel(error).catch(() => {});  // it is the stream itself that failed
  }
}

/**
 * One request to one server.
 * @returns {Promise<{id: number, status: number, statusText: string, headers: string[]}>}
 */
async function send({method, url, headers, body, length, signal}) {
  const streams = body !== null && typeof body !== 'string' && !(body instanceof Uint8Array);
  const content = typeof body === 'string' ? ops.encodeUtf8(body) : body;
  const standIn = redirectUrl(url);
  const sent = headersToSend(headers);
  if (standIn !== null) sent.push('Host', standIn.host);
  const id = ops.fetchStart(
      method, standIn?.url ?? url, sent, streams ? length ?? true : content, standIn !== null);
  const abort = () => ops.fetchCancel(id);
  signal.addEventListener('abort', abort, {once: true});
  // What stops the body from being sent is why there is no response.
  let failed = null;
  if (streams) sendBody(id, body, (error) => { failed = {error}; });
  try {
    const [status, statusText, received] = await ops.fetchResponse(id);
    return {id, status, statusText, headers: received, abort};
  } catch (error) {
    signal.removeEventListener('abort', abort);
    if (signal.aborted) throw signal.reason;
    if (failed !== null) throw failed.error;
    throw new TypeError(`fetch failed: ${error.message}: ${method} ${url}`);
  }
}

function headerOf(flat, wanted) {
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i].toLowerCase() === wanted) return flat[i + 1];
  }
  return null;
}

/**
 * What to ask for after a redirect, or null when the response is the result.
 * @throws {TypeError} when it cannot be followed
 */
function redirected(request, answer) {
  if (!REDIRECTS.has(answer.status) || request.redirect === 'manual') return null;
  const location = headerOf(answer.headers, 'location');
  if (location === null) return null;
  if (request.redirect === 'error') {
    throw new TypeError(`fetch failed: unexpected redirect: ${request.method} ${request.url}`);
  }
  const next = {...request, url: new URL(location, request.url).href};
  if (!/^https?:/.test(next.url)) {
    throw new TypeError(`fetch failed: redirect to ${next.url}, which is not HTTP`);
  }
  const {method} = request;
  const becomesGet = answer.status === 303 ? method !== 'GET' && method !== 'HEAD'
                                           : answer.status <= 302 && method === 'POST';
  if (becomesGet) {
    next.method = 'GET';
    next.body = null;
    next.headers = without(next.headers, BODY_HEADERS);
  } else if (request.body !== null && typeof request.body !== 'string' &&
             !(request.body instanceof Uint8Array)) {
    throw new TypeError('fetch failed: a redirect needs the body again, and a stream is read once');
  }
  if (new URL(next.url).origin !== new URL(request.url).origin) {
    next.headers = without(next.headers, CREDENTIALS);
  }
  return next;
}

function responseFrom(answer, method, urls, signal) {
  const {id, status, statusText, headers} = answer;
  const detach = () => signal.removeEventListener('abort', answer.abort);
  if (method === 'HEAD' || NULL_BODY.has(status)) {
    ops.fetchRead(id).then(detach, detach);  // its end frees the transfer
    return makeResponse({status, statusText, headers, url: urls, body: null});
  }
  const read = async () => {
    try {
      const chunk = await ops.fetchRead(id);
      if (chunk === null) detach();
      return chunk;
    } catch (error) {
      detach();
      if (signal.aborted) throw signal.reason;
      throw new TypeError(`Network connection lost: ${error.message}`);
    }
  };
  const body = readableFrom(read, () => {
    detach();
    ops.fetchCancel(id);
  });
  unread.register(body, id);
  return makeResponse({status, statusText, headers, url: urls, body});
}

/**
 * A body as bytes where that is possible, so that a redirect can send it again.
 * @param {object | null} inner the request's body
 */
async function held(inner) {
  const body = takeBody(inner);
  if (!(body instanceof ReadableStream)) return body;
  const isWorkers = inner.source === null || inner.length === null;
  if (isWorkers || inner.length > MAXIMUM_HELD) return body;
  const bytes = new Uint8Array(inner.length);
  let at = 0;
  for await (const chunk of body) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** https://fetch.spec.whatwg.org/#scheme-fetch @param {Request} request */
function fromBlobUrl(request) {
  const [url] = request.url.split('#', 1);
  const {blobUrlEntry} = toInnerRequest(url === request.url ? request : new Request(url));
  if (request.method !== 'GET' || !blobUrlEntry) {
    throw new TypeError(`Fetch API cannot load: ${request.method} ${request.url}`);
  }
  return new Response(blobUrlEntry, {
    headers: {'Content-Length': String(blobUrlEntry.size), 'Content-Type': blobUrlEntry.type},
  });
}

/** @param {Request} request */
function fromDataUrl(request) {
  const found = readDataUrl(request.url);
  if (found === undefined) throw new TypeError(`Fetch API cannot load: ${request.url}`);
  const {type, body} = found;
  return makeResponse({
    status: 200,
    statusText: 'OK',
    headers: ['Content-Type', type],
    url: [request.url],
    body: request.method === 'HEAD' ? null : body,
  });
}

/** Runs a request to its response. @param {Request} request @returns {Promise<Response>} */
async function run(request) {
  const inner = toInnerRequest(request);
  const {signal} = request;
  signal.throwIfAborted();
  const {protocol} = new URL(request.url);
  if (protocol === 'blob:') return fromBlobUrl(request);
  if (protocol === 'data:') return fromDataUrl(request);
  if (!/^https?:/.test(request.url)) {
    throw new TypeError(`Fetch API cannot load: ${request.url}`);
  }
  if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') {
    const {status, headers, webSocket} = await fetchWebSocket(
        request.url, flatten(without([...inner.headerList], NOT_SENT)));
    return makeResponse({status, statusText: '', headers, url: [request.url], body: null, webSocket});
  }
  // Before anything is waited for: now it is known whose event this is.
  const beginNext = beginSubrequest();
  let step = {
    method: request.method,
    url: request.url,
    headers: [...inner.headerList],
    body: await held(inner.body),
    length: inner.body?.length ?? null,
    redirect: inner.redirectMode,
    signal,
  };
  const urls = [];
  for (;;) {
    urls.push(step.url);
    const hash = step.url.indexOf('#');
    const answer = await send({...step, url: hash < 0 ? step.url : step.url.slice(0, hash)});
    let next;
    try {
      next = redirected(step, answer);
      if (next !== null && urls.length > MAXIMUM_REDIRECTS) {
        throw new TypeError(`fetch failed: too many redirects: ${step.method} ${urls[0]}`);
      }
    } catch (error) {
      ops.fetchCancel(answer.id);
      throw error;
    }
    if (next === null) return responseFrom(answer, step.method, urls, signal);
    signal.removeEventListener('abort', answer.abort);
    ops.fetchCancel(answer.id);
    beginNext();
    step = next;
  }
}

/**
 * @param {Request | string | URL} input
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function fetch(input, init = undefined) {
  if (isTopLevel()) throw disallowedOperation();
  const request = new Request(input, init);
  return outboundInterceptor()?.fetch(request) ?? run(request);
}
