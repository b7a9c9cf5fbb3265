// Static files: those that answer requests before the Worker does, and the binding to them.
// https://developers.cloudflare.com/workers/static-assets/


import {ops} from '../../web/js/host.js';
import {resolveNotFound, resolvePath} from './html_handling.js';
import {parseIgnore} from './ignore.js';
import {applyHeaders, compileRouting, findRedirect, parseHeaders, parseRedirects} from './rules.js';

/** Files up to this size are read whole; larger ones in pieces of it. */
const CHUNK = 256 * 1024;

const CACHE_CONTROL = 'public, max-age=0, must-revalidate';

/** @param {string} file @returns {string | null} as wrangler has it */
function contentTypeOf(file) {
  // Its table of a thousand sets would take each context 0.3 ms: made when the first file is served.
  const type = require('mime').default.getType(file);
  return type?.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** Each part by itself: an encoded slash is none. */
const mapParts = (path, change) => path.split('/').map((part) => {
  try {
    return change(part);
  } catch {
    return part;
  }
}).join('/');

const decodePath = (path) => mapParts(path, decodeURIComponent).replace(/\/+/g, '/');
const encodePath = (path) => mapParts(path, encodeURIComponent);

const redirectTo = (location, status) => new Response(null, {status, headers: {location}});

/**
 * The one range of bytes that a request asks for.
 * @returns {{start: number, end: number} | 'unsatisfiable' | undefined} `end` is not part of it
 */
function readRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = match.slice(1).map((digits) => digits === '' ? undefined : Number(digits));
  if (first === undefined) {
    return last === 0 || size === 0 ? 'unsatisfiable' : {start: Math.max(size - last, 0), end: size};
  }
  if (first >= size) return 'unsatisfiable';
  if (last !== undefined && last < first) return undefined;
  return {start: first, end: Math.min((last ?? size - 1) + 1, size)};
}

/** If-None-Match: a list of tags, weak or strong, or "*". */
function matchesTag(header, tag) {
  return header !== null && (header.trim() === '*' ||
      header.split(',').some((item) => item.trim().replace(/^W\//, '') === tag));
}

/** A file's rules, read again when it changes. */
class RuleFile {
  #assets;
  #path;
  #parse;
  #tag;
  #rules;

  constructor(assets, path, parse) {
    this.#assets = assets;
    this.#path = path;
    this.#parse = parse;
  }

  get rules() {
    const [, tag = ''] = ops.assetFind(this.#assets, this.#path) ?? [];
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#rules = this.#parse(tag === '' ? '' : ops.assetText(this.#assets, this.#path));
      if (this.#rules.problems?.length > 0) {
        ops.log('warn', `Rules of ${this.#path.slice(1)} that are not followed:\n` +
            this.#rules.problems.map((problem) => `  ${problem}`).join('\n'));
      }
    }
    return this.#rules;
  }
}

/**
 * @typedef {object} AssetsConfiguration
 * @property {string} directory absolute
 * @property {string} [html_handling]
 * @property {string} [not_found_handling]
 * @property {boolean | string[]} [run_worker_first]
 */

export class StaticAssets {
  #folder;
  #htmlHandling;
  #notFoundHandling;
  #workerFirst;
  #routing;
  #navigationPrefersAssets;
  #headers;
  #redirects;
  #ignore;

  /**
   * @param {AssetsConfiguration} configuration
   * @param {boolean} navigationPrefersAssets the flag assets_navigation_prefers_asset_serving
   */
  constructor(configuration, navigationPrefersAssets) {
    this.#folder = ops.assetOpen(configuration.directory);
    this.#htmlHandling = configuration.html_handling ?? 'auto-trailing-slash';
    this.#notFoundHandling = configuration.not_found_handling ?? 'none';
    const first = configuration.run_worker_first;
    this.#workerFirst = first === true;
    this.#routing = Array.isArray(first) ? compileRouting(first) : undefined;
    this.#navigationPrefersAssets = navigationPrefersAssets;
    this.#headers = new RuleFile(this.#folder, '/_headers', parseHeaders);
    this.#redirects = new RuleFile(this.#folder, '/_redirects', (text) =>
        parseRedirects(text, this.#htmlHandling !== 'none'));
    this.#ignore = new RuleFile(this.#folder, '/.assetsignore', parseIgnore);
  }

  /** @param {Request} request @returns {boolean} whether this answers it, and not the Worker */
  takes(request) {
    const url = new URL(request.url);
    if (this.#routing !== undefined) {
      const route = this.#routing(url.pathname);
      if (route !== undefined) return route === 'assets';
    }
    if (this.#workerFirst) return false;
    const keepsNotFound = this.#routing !== undefined || (this.#navigationPrefersAssets &&
        request.headers.get('sec-fetch-mode') === 'navigate');
    return this.#plan(url, keepsNotFound ? this.#notFoundHandling : 'none') !== undefined;
  }

  /** @param {Request} request @returns {Promise<Response>} 404 when there is nothing for it */
  async fetch(request) {
    const url = new URL(request.url);
    const response = await this.#respond(request, url);
    applyHeaders(this.#headers.rules.rules, url, response.headers);
    return response;
  }

  #exists = (path) => !this.#ignore.rules(path) && ops.assetFind(this.#folder, path) !== undefined;

  /**
   * @returns {{redirect?: string, file?: string, status: number} | undefined} undefined: nothing here
   *     is for this address
   */
  #plan(url, notFoundHandling) {
    const rule = findRedirect(this.#redirects.rules, url);
    if (rule !== undefined && rule.status !== 200) {
      return {redirect: locationOf(rule.to, url), status: rule.status};
    }
    const pathname = rule === undefined ? url.pathname : new URL(rule.to, url).pathname;
    const path = decodePath(pathname);
    const found = resolvePath(path, this.#htmlHandling, this.#exists) ??
        resolveNotFound(path, notFoundHandling, this.#exists);
    if (found === undefined) return rule === undefined ? undefined : {status: 404};
    if (found.status !== undefined) return found;
    // The one address of a file is its name, encoded.
    const encoded = encodePath(found.redirect ?? path);
    if (found.redirect !== undefined || encoded !== pathname) {
      return {redirect: encoded + url.search, status: 307};
    }
    return {file: found.file, status: 200};
  }

  async #respond(request, url) {
    const plan = this.#plan(url, this.#notFoundHandling);
    if ((plan?.file ?? plan?.redirect) === undefined) return new Response(null, {status: 404});
    const isHead = request.method === 'HEAD';
    const isRule = plan.redirect !== undefined && plan.status !== 307;
    if (!isRule && !isHead && request.method !== 'GET') return new Response(null, {status: 405});
    if (plan.redirect !== undefined) return redirectTo(plan.redirect, plan.status);
    return this.#send(plan, request, isHead);
  }

  async #send({file, status}, request, isHead) {
    const entry = ops.assetFind(this.#folder, file);
    if (entry === undefined) return new Response(null, {status: 404});
    const [size, name] = entry;
    const tag = `"${name}"`;
    const headers = new Headers({etag: tag});
    const type = contentTypeOf(file);
    if (type !== null) headers.set('content-type', type);
    if (!request.headers.has('authorization') && !request.headers.has('range')) {
      headers.set('cache-control', CACHE_CONTROL);
    }
    if (matchesTag(request.headers.get('if-none-match'), tag)) {
      return new Response(null, {status: 304, headers});
    }
    const isFresh = [null, tag].includes(request.headers.get('if-range'));
    const range = status === 200 && isFresh ? readRange(request.headers.get('range'), size) : undefined;
    if (range === 'unsatisfiable') {
      return new Response(null, {status: 416, headers: {'content-range': `bytes */${size}`}});
    }
    const {start, end} = range ?? {start: 0, end: size};
    if (range !== undefined) headers.set('content-range', `bytes ${start}-${end - 1}/${size}`);
    headers.set('accept-ranges', 'bytes');
    headers.set('content-length', `${end - start}`);
    const body = isHead ? null : end - start <= CHUNK
      ? await ops.assetRead(this.#folder, file, start, end - start) : this.#read(file, start, end);
    return new Response(body, {status: range === undefined ? status : 206, headers});
  }

  /** @returns {ReadableStream<Uint8Array>} that fails when the file has become shorter meanwhile */
  #read(file, start, end) {
    let position = start;
    return new ReadableStream({
      type: 'bytes',
      pull: async (controller) => {
        const wanted = Math.min(CHUNK, end - position);
        if (wanted > 0) {
          const bytes = await ops.assetRead(this.#folder, file, position, wanted);
          if (bytes.length < wanted) throw new Error(`The asset ${file} has changed while it was read.`);
          position += bytes.length;
          controller.enqueue(bytes);
        }
        if (position === end) {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
    }, {highWaterMark: 0});
  }
}

/** Where a rule redirects to: the request's query goes with it where the rule has none. */
function locationOf(to, url) {
  const target = new URL(to, url);
  const search = target.search || url.search;
  return target.origin === url.origin
    ? target.pathname + search + target.hash
    : target.origin + target.pathname + search + target.hash;
}
