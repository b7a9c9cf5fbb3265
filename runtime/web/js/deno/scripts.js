// The scripts taken from Deno's crates. Each default export is a function that runs the script once
// and returns what it exports; bundle.mjs makes them so. core.js loads them by name.

import './primordials.js';

import infra from 'ext:deno_web/00_infra.js';
import url from 'ext:deno_web/00_url.js';
import domException from 'ext:deno_web/01_dom_exception.js';
import mimesniff from 'ext:deno_web/01_mimesniff.js';
import event from 'ext:deno_web/02_event.js';
import structuredClone from 'ext:deno_web/02_structured_clone.js';
import abortSignal from 'ext:deno_web/03_abort_signal.js';
import base64 from 'ext:deno_web/05_base64.js';
import streams from 'ext:deno_web/06_streams.js';
import textEncoding from 'ext:deno_web/08_text_encoding.js';
import file from 'ext:deno_web/09_file.js';
import location from 'ext:deno_web/12_location.js';
import messagePort from 'ext:deno_web/13_message_port.js';
import compression from 'ext:deno_web/14_compression.js';
import performance from 'ext:deno_web/15_performance.js';
import webidl from 'ext:deno_webidl/00_webidl.js';
import headers from 'ext:deno_fetch/20_headers.js';
import formData from 'ext:deno_fetch/21_formdata.js';
import body from 'ext:deno_fetch/22_body.js';
import request from 'ext:deno_fetch/23_request.js';
import response from 'ext:deno_fetch/23_response.js';

/** @type {Record<string, () => object>} */
export const scripts = {
  __proto__: null,
  'ext:deno_web/00_infra.js': infra,
  'ext:deno_web/00_url.js': url,
  'ext:deno_web/01_dom_exception.js': domException,
  'ext:deno_web/01_mimesniff.js': mimesniff,
  'ext:deno_web/02_event.js': event,
  'ext:deno_web/02_structured_clone.js': structuredClone,
  'ext:deno_web/03_abort_signal.js': abortSignal,
  'ext:deno_web/05_base64.js': base64,
  'ext:deno_web/06_streams.js': streams,
  'ext:deno_web/08_text_encoding.js': textEncoding,
  'ext:deno_web/09_file.js': file,
  'ext:deno_web/12_location.js': location,
  'ext:deno_web/13_message_port.js': messagePort,
  'ext:deno_web/14_compression.js': compression,
  'ext:deno_web/15_performance.js': performance,
  'ext:deno_webidl/00_webidl.js': webidl,
  'ext:deno_fetch/20_headers.js': headers,
  'ext:deno_fetch/21_formdata.js': formData,
  'ext:deno_fetch/22_body.js': body,
  'ext:deno_fetch/23_request.js': request,
  'ext:deno_fetch/23_response.js': response,
};
