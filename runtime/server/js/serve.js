// From the server's requests to the Worker's fetch handler and back. http_ops.cc is the other side:
// `hooks.fetch` and `hooks.fetchAborted` are called by it, `ops.http…` are its functions.

import {hooks, ops} from '../../web/js/host.js';
import {abortRequest, isWatched, makeRequest, readableFrom, takeResponse} from '../../web/js/http.js';
import {checkReturned, joinClient} from '../../web/js/websocket.js';
import {annotate, exceptionLine, isPythonError} from '../../python/js/user_error.js';
import {cancelFetch, dispatchRequest} from '../../python/js/worker.js';
import {incomingProperties} from './incoming_properties.js';
import {withLiveReload} from './live_reload.js';
import './queue_consumers.js';
import {answerLocally, isLocalEndpoint} from './local_endpoints.js';
import {Upstream} from './upstream.js';

/**
 * Requests whose response is not finished.
 * @type {Map<number, {request: Request, reader?: ReadableStreamDefaultReader<Uint8Array>}>}
 */
const exchanges = new Map();

/**
 * @param {number} id
 * @param {string} method
 * @param {string} url absolute
 * @param {string[]} headers name, value, name, value, …
 * @param {boolean} hasBody
 */
hooks.fetch = (id, method, url, headers, hasBody) => {
  let request;
  let upstream;
  let dispatch = dispatchRequest;
  try {
    if (isLocalEndpoint(url)) {
      dispatch = answerLocally;
    } else if ((upstream = Upstream.of(url)) !== undefined) {
      url = upstream.worker.href;
      headers = upstream.inward(headers);
    }
    const body = hasBody ? readableFrom(() => ops.httpRead(id)) : null;
    request = makeRequest(method, url, headers, body, incomingProperties());
  } catch (error) {
    // A host that is none to the URL parser, such as 1.2.3.400.
    const type = ['Content-Type', 'text/plain; charset=utf-8'];
    ops.httpRespond(id, 400, '', type, `The request is not valid: ${error.message}\n`);
    return;
  }
  answer(id, request, upstream, dispatch);
};

/** The client went away before its response was whole. @param {number} id */
hooks.fetchAborted = (id) => {
  const exchange = exchanges.get(id);
  if (exchange === undefined) return;
  exchanges.delete(id);
  const {request} = exchange;
  // Code that watches the signal decides itself what to do without a client.
  if (!isWatched(request)) cancelFetch(request);
  abortRequest(request);
  exchange.reader?.cancel(new Error('The client has disconnected.')).catch(() => {});
};

async function answer(id, request, upstream, dispatch) {
  exchanges.set(id, {request});
  try {
    const response = takeResponse(await dispatch(request));
    if (upstream !== undefined) response.headers = upstream.outward(response.headers);
    await send(id, withLiveReload(request, response));
  } catch (error) {
    // Without its client a handler may well fail; nobody asked for the answer any more.
    if (exchanges.has(id)) fail(id, error);
  } finally {
    exchanges.delete(id);
  }
}

/** @param {number} id @param {ReturnType<typeof takeResponse>} response */
async function send(id, {status, statusText, headers, body, webSocket}) {
  if (webSocket !== null) {
    upgrade(id, headers, webSocket);
    return;
  }
  if (typeof body?.getReader !== 'function') {
    ops.httpRespond(id, status, statusText, headers, body);
    return;
  }
  if (!ops.httpRespond(id, status, statusText, headers, undefined)) {
    await body.cancel();
    return;
  }
  const reader = body.getReader();
  const exchange = exchanges.get(id);
  if (exchange !== undefined) exchange.reader = reader;
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    const room = ops.httpWrite(id, value);
    if (room !== undefined) await room;
  }
  ops.httpEnd(id);
}

/** The client's connection becomes the other end of the WebSocket that the handler returned. */
function upgrade(id, headers, webSocket) {
  checkReturned(webSocket);
  const request = exchanges.get(id)?.request;
  if (request === undefined) return;  // the client has gone
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    throw new TypeError('Worker tried to return WebSocket in a response to a request which did not ' +
        'contain the header "Upgrade: websocket".');
  }
  joinClient(webSocket, ops.httpUpgrade(id, headers));
}

function fail(id, error) {
  const {name, message, stack} = describe(error);
  ops.httpFail(id, name, message, stack);
}

/** Logs an exception that no response tells of. @param {unknown} error */
function report(error) {
  const {message, stack} = describe(error);
  ops.exceptionReport(message, stack);
}

hooks.reportFailure = report;

/**
 * An exception as the log and the error page show it. A handler may throw anything.
 * @param {unknown} error
 * @returns {{name: string, message: string, stack: string}}
 */
function describe(error) {
  try {
    const stack = String(error?.stack ?? error);
    const message = isPythonError(error) ? exceptionLine(error) : String(error?.message ?? error);
    return {name: String(error?.name ?? 'Error'), message: message.trimEnd(), stack};
  } catch {
    return {name: 'Error', message: 'The exception cannot be shown.', stack: ''};
  }
}

/**
 * Keeps the instance until the promise is settled, and reports its rejection (`ctx.waitUntil`).
 * @param {PromiseLike<unknown>} promise
 * @returns {Promise<boolean>} whether it was fulfilled
 */
hooks.waitUntil = async (promise) => {
  ops.backgroundBegan();
  try {
    await promise;
    return true;
  } catch (error) {
    report(annotate(error));
    return false;
  } finally {
    ops.backgroundEnded();
  }
};
