// What a data: URL stands for: https://fetch.spec.whatwg.org/#data-url-processor

import {core} from './core.js';

const {forgivingBase64Decode} = core.loadExtScript('ext:deno_web/00_infra.js');
const {parseMimeType, serializeMimeType} = core.loadExtScript('ext:deno_web/01_mimesniff.js');

const DEFAULT_TYPE = 'text/plain;charset=US-ASCII';
const BASE64 = /; *base64$/i;
const PERCENT = 0x25;

/** @param {string} text of code points below 128 @returns {Uint8Array} */
function percentDecoded(text) {
  const bytes = new Uint8Array(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isEscape = code === PERCENT && /^[0-9a-f]{2}$/i.test(text.slice(i + 1, i + 3));
    bytes[count++] = isEscape ? Number.parseInt(text.slice(i + 1, i + 3), 16) : code;
    if (isEscape) i += 2;
  }
  return bytes.subarray(0, count);
}

/** @param {Uint8Array} bytes @returns {string} one character for each */
function isomorphicDecoded(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/**
 * @param {string} url as the URL class writes it
 * @returns {{type: string, body: Uint8Array} | undefined} undefined for one that is not well formed
 */
export function readDataUrl(url) {
  const [content] = url.slice('data:'.length).split('#', 1);
  const comma = content.indexOf(',');
  if (comma < 0) return undefined;
  let type = content.slice(0, comma).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '');
  let body = percentDecoded(content.slice(comma + 1));
  if (BASE64.test(type)) {
    try {
      body = forgivingBase64Decode(isomorphicDecoded(body));
    } catch {
      return undefined;
    }
    type = type.replace(BASE64, '');
  }
  if (type.startsWith(';')) type = `text/plain${type}`;
  const parsed = parseMimeType(type);
  return {type: parsed === null ? DEFAULT_TYPE : serializeMimeType(parsed), body};
}
