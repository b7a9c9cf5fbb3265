// The account's resources, through the v4 API: what `"remote": true` of a binding stands on.
// https://developers.cloudflare.com/api/

// An answer that says when to come back is followed, for as long as somebody may want to wait.
const MOST_ATTEMPTS = 3;
const LONGEST_PAUSE_SECONDS = 10;

/** What the API has answered in place of a result. */
export class ApiError extends Error {
  name = 'ApiError';

  /** @param {string} message @param {number} status of HTTP @param {number} [code] the API's */
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function errorOf(response) {
  const text = await response.text();
  try {
    const [{code, message}] = JSON.parse(text).errors;
    return new ApiError(code === undefined ? message : `${message} (${code})`, response.status, code);
  } catch {
    // A proxy in between, say.
    return new ApiError(`the API answered ${response.status} ${response.statusText}`.trim(), response.status);
  }
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class Account {
  #url;
  #headers;
  #problem;

  /**
   * @param {{base_url?: string, account_id?: string, headers?: Record<string, string>, problem?: string}}
   *     access `problem`: why there is none of the others
   */
  constructor({base_url: base = '', account_id: id = '', headers = {}, problem}) {
    this.#url = `${base}/accounts/${encodeURIComponent(id)}`;
    this.#headers = headers;
    this.#problem = problem;
  }

  /**
   * @param {string} method
   * @param {string} path below the account's
   * @param {{query?: Record<string, any>, json?: any, body?: BodyInit, headers?: Record<string, string>,
   *     signal?: AbortSignal, isAnswer?: (status: number) => boolean}} [options] `query`: those that are
   *     undefined are left out; `isAnswer`: whether a status of an error is for the caller to read
   * @returns {Promise<Response>}
   * @throws {ApiError}
   */
  async request(method, path, {query = {}, json, body, headers, signal, isAnswer = () => false} = {}) {
    if (this.#problem !== undefined) throw new Error(this.#problem);
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
    for (let attempt = 1;; ++attempt) {
      const response = await fetch(this.#url + path + search, {
        method,
        headers: {...this.#headers, ...(json === undefined ? {} : {'content-type': 'application/json'}), ...headers},
        body: json === undefined ? body : JSON.stringify(json),
        signal,
      });
      if (response.ok || isAnswer(response.status)) return response;
      const seconds = Number(response.headers.get('retry-after') ?? 1);
      const again = response.status === 429 && attempt < MOST_ATTEMPTS && seconds <= LONGEST_PAUSE_SECONDS &&
          !(body instanceof ReadableStream);
      if (!again) throw await errorOf(response);
      await response.body?.cancel();
      await pause(seconds);
    }
  }

  /** The `result` of the API's answer. @param {Parameters<Account['request']>} args */
  async result(...args) {
    return (await (await this.request(...args)).json()).result;
  }
}

/** For `isAnswer`: nothing is an answer. @param {number} status */
export const isMissing = (status) => status === 404;

/** One of the parts of a path. @param {string} text */
export const part = (text) => encodeURIComponent(text);
