// HTML pages that load themselves again when the code was replaced (`cwrangler dev --live-reload`): a script
// behind the end of the page, which every browser reads as part of its body.

import {ops} from '../../web/js/host.js';
import {servedWorker} from '../../python/js/worker.js';

const encoder = new TextEncoder();

/** @param {string[]} headers flat @param {string} name in lower case @returns {string | undefined} */
function headerOf(headers, name) {
  const at = headers.findIndex((item, i) => i % 2 === 0 && item.toLowerCase() === name);
  return at === -1 ? undefined : headers[at + 1];
}

function isPage(request, {status, headers, body}) {
  return request.method === 'GET' && status !== 206 && body !== null &&
      /^text\/html\b/i.test(headerOf(headers, 'content-type') ?? '') &&
      // The bytes of a compressed page are not to be added to.
      headerOf(headers, 'content-encoding') === undefined;
}

function appended(body, script) {
  if (typeof body === 'string') return body + script;
  const bytes = encoder.encode(script);
  if (typeof body.getReader === 'function') {
    return body.pipeThrough(new TransformStream({flush: (controller) => controller.enqueue(bytes)}));
  }
  const page = new Uint8Array(body.byteLength + bytes.byteLength);
  page.set(body);
  page.set(bytes, body.byteLength);
  return page;
}

/**
 * @param {Request} request
 * @param {ReturnType<import('../../web/js/http.js').takeResponse>} response
 * @returns {typeof response} the same, unless it is a page that shall follow the code
 */
export function withLiveReload(request, response) {
  if (servedWorker()?.liveReload !== true || !isPage(request, response)) return response;
  const isLength = (i) => response.headers[i - i % 2].toLowerCase() === 'content-length';
  return {
    ...response,
    headers: response.headers.filter((item, i) => !isLength(i)),
    body: appended(response.body, ops.httpReloadScript()),
  };
}
