// What the SDK's ASGI adapter asks of requests and responses, each in one crossing between the languages;
// py/_cloudflare/sdk_requests.py is the other side.

import {headerText, headersFromText} from '../../web/js/http.js';

/**
 * @param {unknown} request
 * @returns {string | undefined} a line each for the method, the URL's scheme, path and query, and for each
 *     header's name and its value, as an iteration over the headers gives them; undefined: it is no request
 */
function parts(request) {
  if (!(request instanceof Request)) return undefined;
  const {protocol, pathname, search} = new URL(request.url);
  const start = `${request.method}\n${protocol.slice(0, -1)}\n${pathname}\n${search.slice(1)}`;
  const headers = headerText(request);
  return headers === '' ? start : `${start}\n${headers}`;
}

export const sdkRequests = {parts, headers: headersFromText};
