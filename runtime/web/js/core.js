// `__bootstrap.core` as the scripts of Deno's web crates want it, over our own ops.
//
// Deno's own core.js is a layer over its Rust runtime; this is the small part of it that the web
// crates' JavaScript uses, with the same names and behaviour (crates deno_core 0.413, deno_web 0.291).
// Members that only serve streams over operating-system resources are left out: no such stream is
// ever made here.

import {bootstrap} from './deno/bootstrap.js';
import {scripts} from './deno/scripts.js';
import {blobOps} from './blob_parts.js';
import {parseContentDisposition} from './content_disposition.js';
import {hooks, ops} from './host.js';
import {createFilteredInspectProxy, inspect} from './inspect.js';
import {messagePortOps, closePort} from './message_ports.js';
import {deserialize, serialize, structuredClone} from './structured_clone.js';
import {cancelTimer, startTimer} from './timers.js';

/**
 * An error that carries the DOM's meaning of a failed op.
 * @template T
 * @param {T | undefined} value what the op returned; undefined when the input was bad
 * @param {new (message: string) => Error} type
 * @param {string} message
 * @returns {T}
 */
function required(value, type, message) {
  if (value === undefined) throw new type(message);
  return value;
}

// --- URL --------------------------------------------------------------------------------------------

/** The serialization that the last parse produced, when it differs from the input. */
let urlSerialization = '';

/** What the scripts call the outcome of a parse: 0 the input is the serialization, 1 ask, 2 invalid. */
function parseStatus(result) {
  if (result === undefined) return 2;
  if (result === true) return 0;
  urlSerialization = result;
  return 1;
}

const urlOps = {
  op_url_parse: (href, components) => parseStatus(ops.urlParse(href, undefined, components)),
  op_url_parse_with_base: (href, base, components) =>
      parseStatus(ops.urlParse(href, base, components)),
  op_url_reparse: (href, setter, value, components) =>
      parseStatus(ops.urlSet(href, setter, value, components)),
  op_url_get_serialization: () => urlSerialization,
  // A form's body comes as bytes.
  op_url_parse_search_params: (text, bytes) =>
      ops.searchParamsParse(bytes === undefined ? text : ops.decodeUtf8(bytes, true)),
  op_url_stringify_search_params: ops.searchParamsSerialize,
};

// --- Encoding ---------------------------------------------------------------------------------------

const encodingOps = {
  op_encoding_normalize_label: (label) => required(
      ops.encodingName(label), RangeError, `The encoding label provided ('${label}') is invalid.`),
  op_encoding_decode_utf8: ops.decodeUtf8,
  op_encoding_decode_utf8_ascii_only: ops.decodeAscii,
  op_encoding_decode_single: (bytes, label, fatal, ignoreBom) => required(
      ops.decoderDecode(ops.decoderNew(label, fatal, ignoreBom), bytes, false), TypeError,
      'The encoded data is not valid.'),
  op_encoding_new_decoder: ops.decoderNew,
  op_encoding_decode: (bytes, decoder, stream) => required(
      ops.decoderDecode(decoder, bytes, stream), TypeError, 'The encoded data is not valid.'),
  // -1: the packed form of the result (one number) is not provided, use the other op.
  op_encoding_encode_into: () => -1,
  op_encoding_encode_into_fallback: ops.encodeInto,
};

const base64Ops = {
  op_base64_decode: (text) =>
      required(ops.base64Decode(text), TypeError, 'Failed to decode base64'),
  op_base64_encode_from_buffer: (bytes, offset, length) =>
      ops.base64Encode(bytes.subarray(offset, offset + length)),
  op_base64_atob: (text) => required(ops.atob(text), TypeError, 'Failed to decode base64'),
  op_base64_btoa: (text) => required(ops.btoa(text), TypeError, 'The string is not Latin-1'),
};

const compressionOps = {
  op_compression_new: ops.compressionNew,
  op_compression_write: ops.compressionWrite,
  op_compression_finish: ops.compressionFinish,
};

// --- Clocks -----------------------------------------------------------------------------------------

/** Writes milliseconds as the pair the scripts read: whole seconds, nanoseconds. */
function writeTime(milliseconds, bytes) {
  const pair = new Uint32Array(bytes.buffer);
  pair[0] = Math.trunc(milliseconds / 1000);
  pair[1] = (milliseconds % 1000) * 1e6;
}

const clockOps = {
  op_now: (bytes) => writeTime(ops.now(), bytes),
  op_time_origin: (bytes) => writeTime(ops.timeOrigin(), bytes),
};

// --- Structured clone's host objects ----------------------------------------------------------------

/** Type name → function that makes the object from what its brand function returned. */
const cloneables = {__proto__: null};
/** Type name → {send(object) → data, receive(data) → object}. */
const transferables = {__proto__: null};

const hostObjectBrand = Symbol('host object');

// --- Errors -----------------------------------------------------------------------------------------

/** Where an error was thrown, for ErrorEvent. */
function destructureError(error) {
  const [exceptionMessage, fileName, lineNumber, columnNumber] = ops.errorLocation(error);
  return {exceptionMessage, frames: fileName ? [{fileName, lineNumber, columnNumber}] : []};
}

/** Marker class: ports and resources fail with it in Deno; nothing here does. */
class Unused extends Error {}

// --- Loading ----------------------------------------------------------------------------------------

/** Results of scripts that ran. */
const loaded = {
  __proto__: null,
  // In Deno inspection is native; ours is in inspect.js.
  'ext:deno_web/01_console.js': {createFilteredInspectProxy, inspect},
  // Choosing the HTTP client of a request is Deno's own.
  'ext:deno_fetch/22_http_client.js': {HttpClientPrototype: Unused.prototype},
};

/**
 * The exports of one of the scripts; runs it at the first call.
 * @param {string} name "ext:CRATE/FILE"
 * @returns {any}
 */
export function loadExtScript(name) {
  const done = loaded[name];
  if (done !== undefined) return done;
  const run = scripts[name];
  if (run === undefined) throw new Error(`the script ${name} is not part of the bundle`);
  loaded[name] = {};  // scripts that need each other see each other empty, as in Deno
  return loaded[name] = run();
}

export const core = bootstrap.core = {
  ops: {
    ...urlOps,
    ...encodingOps,
    ...base64Ops,
    ...compressionOps,
    ...clockOps,
    ...blobOps,
    ...messagePortOps,
  },
  loadExtScript,

  isAnyArrayBuffer: ops.isAnyArrayBuffer,
  isArrayBuffer: ops.isArrayBuffer,
  isDataView: ops.isDataView,
  isProxy: ops.isProxy,
  isSharedArrayBuffer: ops.isSharedArrayBuffer,
  isStringObject: ops.isStringObject,
  isTypedArray: ops.isTypedArray,

  encode: ops.encodeUtf8,
  decode: (bytes) => ops.decodeUtf8(bytes, true),

  hostObjectBrand,
  registerCloneableResource: (name, make) => { cloneables[name] = make; },
  getCloneableDeserializers: () => cloneables,
  registerTransferableResource: (name, send, receive) => {
    transferables[name] = {send, receive};
  },
  getTransferableResource: (name) => transferables[name],
  structuredClone,
  serialize,
  deserialize,

  createSystemTimer: (callback, milliseconds) => startTimer(callback, milliseconds, false),
  cancelTimer,
  // An isolate's loop runs until it is stopped; nothing keeps it alive or lets it end.
  refTimer() {},
  unrefTimer() {},
  refOpPromise() {},
  unrefOpPromise() {},

  close: closePort,
  tryClose() {},
  BadResourcePrototype: Unused.prototype,
  InterruptedPrototype: Unused.prototype,

  destructureError,
  reportUnhandledException: (error) => ops.reportUncaught(error),
  print: (text) => ops.log('error', text),

  parseContentDisposition,

  // What class Request and Response of Workers have beside the standard (http_extensions.js).
  initializeResponse(inner, init) {
    if (init.webSocket !== undefined && init.webSocket !== null) {
      if (inner.status !== 101 && init.status !== 101) {
        throw new RangeError('Responses with a WebSocket must have status code 101.');
      }
      inner.webSocket = init.webSocket;
    } else if (init.status === 101) {
      throw new RangeError(
          'Responses may only be constructed with status codes in the range 200 to 599, inclusive.');
    }
    if (init.cf !== undefined) inner.cf = init.cf;
    if (init.encodeBody !== undefined) {
      const encodeBody = String(init.encodeBody);
      if (encodeBody !== 'automatic' && encodeBody !== 'manual') {
        throw new TypeError(
            `encodeBody: unexpected value: ${encodeBody}; "automatic" or "manual" is expected`);
      }
      inner.encodeBody = encodeBody;
    }
  },
};

/** @param {object} object @returns {any} the object's brand: undefined when it is a plain object */
export function brandOf(object) {
  return object[hostObjectBrand];
}

hooks.reportException = (error) => {
  loadExtScript('ext:deno_web/02_event.js').reportException(error);
};
