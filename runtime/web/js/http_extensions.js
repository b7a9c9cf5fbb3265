// What Request and Response have in Workers beside the standard: `cf`, `webSocket`.
// https://developers.cloudflare.com/workers/runtime-apis/request/ and …/response/
//
// bundle.mjs lets Deno's constructors keep the members of `init` in the inner request and response.

import {core} from './core.js';

const {Request, toInnerRequest} = core.loadExtScript('ext:deno_fetch/23_request.js');
const {Response, getInnerResponse} = core.loadExtScript('ext:deno_fetch/23_response.js');

function defineGetter(prototype, name, get) {
  Object.defineProperty(prototype, name, {get, enumerable: true, configurable: true});
}

defineGetter(Request.prototype, 'cf', function cf() {
  return toInnerRequest(this).cf;
});
defineGetter(Response.prototype, 'cf', function cf() {
  return getInnerResponse(this).cf;
});
/** The client's end of a WebSocket, or null. */
defineGetter(Response.prototype, 'webSocket', function webSocket() {
  return getInnerResponse(this).webSocket ?? null;
});

export {Request, Response};
