// The address of the Worker in production, which a dev session lets it see in place of the local one:
// `--host` and `--upstream-protocol`, or the host of the first route. What names the address in headers is
// changed with it, as wrangler does, so that redirects, cookies and checks of `Origin` work locally.

import {servedWorker} from '../../python/js/worker.js';

/** @param {string[]} headers flat @param {(name: string, value: string) => string} change of each value */
function mapHeaders(headers, change) {
  return headers.map((item, i) => i % 2 === 0 ? item : change(headers[i - 1].toLowerCase(), item));
}

/** Changes what names `from` in headers to the same of `to`. @param {URL} from @param {URL} to */
function translate(headers, from, to) {
  return mapHeaders(headers, (name, value) => {
    if (name === 'set-cookie') {
      // Of a cookie's text only the attribute is an address.
      return value.replace(/(;\s*domain=)([^;,\s]*)/i, (attribute, key, domain) =>
        domain.toLowerCase() === from.hostname ? key + to.hostname : attribute);
    }
    return value.replaceAll(from.origin, to.origin).replaceAll(from.host, to.host);
  });
}

/** One request's address as its client and its Worker know it. */
export class Upstream {
  /** @param {URL} client what was called @param {URL} worker what `request.url` is */
  constructor(client, worker) {
    this.client = client;
    this.worker = worker;
  }

  /**
   * @param {string} url what the client has called
   * @returns {Upstream | undefined} undefined: the Worker sees what the client sees
   */
  static of(url) {
    const {upstreamHost, upstreamProtocol} = servedWorker() ?? {};
    if (!upstreamHost && !upstreamProtocol) return undefined;
    const client = new URL(url);
    const worker = new URL(url);
    if (upstreamProtocol) worker.protocol = upstreamProtocol;
    if (upstreamHost) {
      worker.port = '';  // unless the host has one
      worker.host = upstreamHost;
    }
    return new Upstream(client, worker);
  }

  /** @param {string[]} headers of the request, flat @returns {string[]} as the Worker gets them */
  inward(headers) {
    return translate(headers, this.client, this.worker);
  }

  /** @param {string[]} headers of the response, flat @returns {string[]} as the client gets them */
  outward(headers) {
    return translate(headers, this.worker, this.client);
  }
}
