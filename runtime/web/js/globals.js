// The global scope of a Worker: https://developers.cloudflare.com/workers/runtime-apis/web-standards/

import {console} from './console.js';
import {core} from './core.js';
import {Crypto, crypto} from './crypto/crypto.js';
import {CryptoKey} from './crypto/crypto_key.js';
import {SubtleCrypto} from './crypto/subtle_crypto.js';
import {EventSource} from './event_source.js';
import {fetch} from './fetch.js';
import {HTMLRewriter} from './html_rewriter.js';
import {Request, Response} from './http_extensions.js';
import {FixedLengthStream, IdentityTransformStream} from './identity_transform_stream.js';
import {adoptInspect} from './inspect.js';
import {microtaskFunctions} from './microtasks.js';
import {Navigator, navigator} from './navigator.js';
import {scheduler} from './scheduler.js';
import './read_at_least.js';
import {timerFunctions} from './timers.js';
import {URLPattern} from './url_pattern.js';
import {WebSocket, WebSocketPair} from './websocket.js';

const load = (name) => core.loadExtScript(`ext:${name}`);
const webidl = load('deno_webidl/00_webidl.js');
const event = load('deno_web/02_event.js');
const performance = load('deno_web/15_performance.js');

/** Names that each of Deno's scripts contributes. */
const FROM_SCRIPTS = {
  'deno_web/00_url.js': ['URL', 'URLSearchParams'],
  'deno_web/01_dom_exception.js': ['DOMException'],
  'deno_web/02_event.js': [
    'CloseEvent', 'CustomEvent', 'ErrorEvent', 'Event', 'EventTarget', 'MessageEvent',
    'PromiseRejectionEvent', 'reportError',
  ],
  'deno_web/03_abort_signal.js': ['AbortController', 'AbortSignal'],
  'deno_web/05_base64.js': ['atob', 'btoa'],
  'deno_web/06_streams.js': [
    'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'ReadableByteStreamController',
    'ReadableStream', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest',
    'ReadableStreamDefaultController', 'ReadableStreamDefaultReader', 'TransformStream',
    'TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultController',
    'WritableStreamDefaultWriter',
  ],
  'deno_web/08_text_encoding.js': [
    'TextDecoder', 'TextDecoderStream', 'TextEncoder', 'TextEncoderStream',
  ],
  'deno_web/09_file.js': ['Blob', 'File'],
  'deno_web/13_message_port.js': ['MessageChannel', 'MessagePort', 'structuredClone'],
  'deno_web/14_compression.js': ['CompressionStream', 'DecompressionStream'],
  'deno_web/15_performance.js': ['Performance', 'performance'],
  'deno_fetch/20_headers.js': ['Headers'],
  'deno_fetch/21_formdata.js': ['FormData'],
};

let constructing = false;

/** The class of the global object. */
class ServiceWorkerGlobalScope extends event.EventTarget {
  constructor() {
    if (!constructing) throw new TypeError('Illegal constructor');
    super();
  }
  get [Symbol.toStringTag]() {
    return 'ServiceWorkerGlobalScope';
  }
}

/** The bundler renames what has the name of something global; some classes have made a tag of that. */
function giveName(value, name) {
  const named = {value: name, configurable: true};
  if (value.prototype?.[Symbol.toStringTag] === value.name) {
    Object.defineProperty(value.prototype, Symbol.toStringTag, named);
  }
  Object.defineProperty(value, 'name', named);
}

function expose(name, value) {
  Object.defineProperty(
      globalThis, name, {value, writable: true, enumerable: false, configurable: true});
  if (typeof value !== 'function') return;
  if (value.name !== name) giveName(value, name);
  adoptInspect(value);
}

function makeGlobalScope() {
  Object.setPrototypeOf(globalThis, ServiceWorkerGlobalScope.prototype);
  Object.defineProperty(globalThis, webidl.brand, {value: webidl.brand});
  event.setEventTargetData(globalThis);
  event.saveGlobalThisReference(globalThis);
  expose('self', globalThis);
  expose('ServiceWorkerGlobalScope', ServiceWorkerGlobalScope);
}

/** Puts everything on the global object. */
export function installGlobals() {
  makeGlobalScope();
  for (const script in FROM_SCRIPTS) {
    const exported = load(script);
    for (const name of FROM_SCRIPTS[script]) {
      if (exported[name] === undefined) throw new Error(`${script} does not export ${name}`);
      expose(name, exported[name]);
    }
  }
  for (const functions of [microtaskFunctions, timerFunctions]) {
    for (const name in functions) expose(name, functions[name]);
  }
  expose('Crypto', Crypto);
  expose('CryptoKey', CryptoKey);
  expose('EventSource', EventSource);
  expose('FixedLengthStream', FixedLengthStream);
  expose('HTMLRewriter', HTMLRewriter);
  expose('IdentityTransformStream', IdentityTransformStream);
  expose('Navigator', Navigator);
  expose('Request', Request);
  expose('Response', Response);
  expose('SubtleCrypto', SubtleCrypto);
  expose('URLPattern', URLPattern);
  expose('WebSocket', WebSocket);
  expose('WebSocketPair', WebSocketPair);
  expose('console', console);
  expose('crypto', crypto);
  expose('fetch', fetch);
  expose('navigator', navigator);
  expose('scheduler', scheduler);
}

/** At the start of each isolate: what the snapshot cannot know. */
export function startGlobals() {
  performance.setTimeOrigin();
}
