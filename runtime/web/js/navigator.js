// navigator: https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigator

import {fetch} from './fetch.js';
import {isTopLevel} from './top_level.js';

/** @type {(promise: Promise<unknown>) => void} */
let keepAlive = () => {};

/** @param {(promise: Promise<unknown>) => void} keep lets the event that is at hand last so long */
export function setKeepAlive(keep) {
  keepAlive = keep;
}

class Navigator {
  /** What code looks at to find that it runs on Workers. */
  get userAgent() {
    return 'Cloudflare-Workers';
  }
  get hardwareConcurrency() {
    return 1;
  }
  get platform() {
    return '';
  }
  get language() {
    return 'en';
  }
  get languages() {
    return ['en'];
  }

  /**
   * Sends something nobody waits for an answer to, also after the response.
   * @param {string | URL} url absolute
   * @param {BodyInit} [body]
   * @returns {boolean} false outside of handlers, where nothing is sent
   */
  sendBeacon(url, body = undefined) {
    if (isTopLevel()) return false;
    keepAlive(fetch(String(url), {method: 'POST', body}).then((response) => response.body?.cancel()));
    return true;
  }

  get [Symbol.toStringTag]() {
    return 'Navigator';
  }
}

const navigator = new Navigator();

export {Navigator, navigator};
