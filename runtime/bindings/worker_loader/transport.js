// How values are written for another isolate, and read there.
//
// What V8 can clone goes as it is. In the place of everything else stands a number object (which no value
// of a user's can be, see rpc_values.js), the index of an entry of a table that goes with the value.
// Byte arrays of bodies go beside it, where they are copied once.

import {Fetcher} from '../service/fetcher.js';
import {adoptStub, copyError} from '../service/rpc_values.js';
import {flatten, makeRequest, makeResponse, readableFrom, takeBody, takeResponse, toInnerRequest}
  from '../../web/js/http.js';
import {offerWebSocket, receiveWebSocket} from './web_socket_relay.js';

/**
 * @typedef {object} Written
 * @property {any} value
 * @property {object[]} table
 * @property {Uint8Array[]} attachments
 */

/**
 * @typedef {object} References how one side lets the other use what it does not send
 * @property {(methods: Record<string, (...args: any[]) => any>, isStream?: boolean) => number} offer
 *     the object's number; one of a stream is given up with `withdraw`
 * @property {(number: number) => void} withdraw
 * @property {(number: number, method: string, args: any[]) => Promise<any>} call
 * @property {(number: number, holder: object) => void} hold the holder's end lets the other side forget
 * @property {() => () => void} use the channel is needed until the returned function is called
 */

function refuse(type) {
  throw new DOMException(
      `Could not serialize object of type "${type}" for another Worker.`, 'DataCloneError');
}

/** One value on its way out. */
class Writer {
  table = [];
  attachments = [];
  /** @type {Promise<void>[]} contents that are still being read */
  pending = [];
  #references;
  #seen = new Map();

  /** @param {References} references */
  constructor(references) {
    this.#references = references;
  }

  #entry(kind, properties) {
    return new Number(this.table.push({kind, ...properties}) - 1);
  }

  #attach(bytes) {
    return this.attachments.push(bytes) - 1;
  }

  /** @param {any} value made by RpcValues.copy: it is changed in place @returns {any} */
  write(value) {
    if (typeof value === 'function') return this.#function(value);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#seen.has(value)) return this.#seen.get(value);
    const written = this.#object(value);
    this.#seen.set(value, written);
    return written;
  }

  #object(value) {
    if (value.constructor?.name === 'Fetcher') return this.#fetcher(value);
    if (value instanceof Error) return this.#entry('error', describeError(value));
    if (value instanceof Request) return this.#request(value);
    if (value instanceof Response) return this.#response(value);
    if (value instanceof ReadableStream) return this.#entry('readable', {body: this.#readable(value)});
    if (value instanceof WritableStream) return this.#writable(value);
    if (value instanceof Headers) return this.#entry('headers', {pairs: [...value]});
    if (value instanceof URLSearchParams) return this.#entry('parameters', {text: String(value)});
    if (value instanceof Blob) return this.#blob(value);
    if (value instanceof FormData) return this.#form(value);
    if (value instanceof AbortSignal) return refuse('AbortSignal');
    this.#seen.set(value, value);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = this.write(value[i]);
    } else if (value instanceof Map) {
      const entries = [...value];
      value.clear();
      for (const [key, item] of entries) value.set(this.write(key), this.write(item));
    } else if (value instanceof Set) {
      const items = [...value];
      value.clear();
      for (const item of items) value.add(this.write(item));
    } else if (Object.getPrototypeOf(value) === Object.prototype) {
      for (const key of Object.keys(value)) value[key] = this.write(value[key]);
    }
    return value;
  }

  #function(stub) {
    const methods = Object.keys(stub).filter((name) => name !== 'dup');
    const offered = {call: (...args) => stub(...args)};
    for (const name of methods) offered[`.${name}`] = (...args) => stub[name](...args);
    return this.#entry('function', {number: this.#references.offer(offered), methods});
  }

  #fetcher(fetcher) {
    const offered = {
      fetch: (request) => fetcher.fetch(request),
      call: (method, args) => fetcher[method](...args),
      get: async (name) => fetcher[name],
    };
    return this.#entry('fetcher', {number: this.#references.offer(offered)});
  }

  #request(request) {
    const inner = toInnerRequest(request);
    return this.#entry('request', {
      method: request.method,
      url: request.url,
      headers: flatten(inner.headerList),
      body: this.#body(takeBody(inner.body)),
      cf: inner.cf,
      redirect: inner.redirectMode,
    });
  }

  #response(response) {
    const {cf} = response;
    const {status, statusText, headers, body, webSocket, encodeBody} = takeResponse(response);
    return this.#entry('response', {
      status,
      statusText,
      headers,
      body: this.#body(body),
      cf,
      encodeBody,
      webSocket: webSocket === null ? null : offerWebSocket(webSocket, this.#references),
    });
  }

  /** @param {null | string | Uint8Array | ReadableStream} body */
  #body(body) {
    if (body instanceof ReadableStream) return this.#readable(body);
    return body instanceof Uint8Array ? {attachment: this.#attach(body)} : body;
  }

  #readable(stream) {
    const reader = stream.getReader();
    const references = this.#references;
    const number = references.offer({
      async read() {
        const {done, value} = await reader.read();
        if (done) references.withdraw(number);
        return done ? null : value;
      },
      async cancel(reason) {
        references.withdraw(number);
        await reader.cancel(reason);
      },
    }, true);
    return {number};
  }

  #writable(stream) {
    const writer = stream.getWriter();
    const references = this.#references;
    const number = references.offer({
      write: (chunk) => writer.write(chunk),
      close: () => {
        references.withdraw(number);
        return writer.close();
      },
      abort: (reason) => {
        references.withdraw(number);
        return writer.abort(reason);
      },
    }, true);
    return this.#entry('writable', {number});
  }

  #blob(blob) {
    const entry = {type: blob.type, name: blob.name, modified: blob.lastModified};
    const written = this.#entry('blob', entry);
    this.pending.push(blob.arrayBuffer().then((content) => {
      this.table[Number(written)].attachment = this.#attach(new Uint8Array(content));
    }));
    return written;
  }

  #form(form) {
    const items = [...form].map(([name, value]) => [name, this.write(value)]);
    return this.#entry('form', {items: items.map(
        ([name, value]) => (typeof value === 'string' ? [name, value] : [name, null, Number(value)]))});
  }
}

function describeError(error) {
  const {name, message, stack, type} = copyError(error);
  return {name, message, stack, type};
}

/**
 * @param {any} value made by RpcValues.copy
 * @param {References} references
 * @returns {Written | Promise<Written>} at once unless there are Blobs to read
 */
export function write(value, references) {
  // A piece of a stream: nothing but its bytes.
  if (value instanceof Uint8Array) return {value: null, table: [{kind: 'bytes'}], attachments: [value]};
  const writer = new Writer(references);
  const written = {value: writer.write(value), table: writer.table, attachments: writer.attachments};
  return writer.pending.length === 0 ? written : Promise.all(writer.pending).then(() => written);
}

/** How each kind of entry becomes a value again. */
const READERS = {
  error({name, message, stack, type}) {
    return copyError(Object.assign(new Error(message), {name, stack}, type === undefined ? {} : {type}));
  },
  function({number, methods}, {references}) {
    const stub = adoptStub((...args) => references.call(number, 'call', args));
    for (const name of methods) {
      const value = (...args) => references.call(number, `.${name}`, args);
      Object.defineProperty(stub, name, {value, enumerable: true});
    }
    references.hold(number, stub);
    return stub;
  },
  fetcher({number}, {references}) {
    const fetcher = new Fetcher({
      fetch: (request) => references.call(number, 'fetch', [request]),
      call: (method, args) => references.call(number, 'call', [method, args]),
      get: (name) => references.call(number, 'get', [name]),
      values: {copy: (value) => value},
      takesEvents: false,
    });
    references.hold(number, fetcher);
    return fetcher;
  },
  request({method, url, headers, body, cf, redirect}, reader) {
    const request = makeRequest(method, url, headers, reader.body(body), cf);
    toInnerRequest(request).redirectMode = redirect;
    return request;
  },
  response: ({body, webSocket, ...rest}, reader) => makeResponse({
    ...rest,
    body: reader.body(body),
    webSocket: webSocket === null ? null : receiveWebSocket(webSocket, reader.references),
  }),
  readable: ({body}, reader) => reader.body(body),
  writable({number}, {references}) {
    const used = references.use();
    const last = (method, args) => references.call(number, method, args).finally(used);
    return new WritableStream({
      write: (chunk) => references.call(number, 'write', [chunk]),
      close: () => last('close', []),
      abort: (reason) => last('abort', [reason]),
    });
  },
  headers: ({pairs}) => new Headers(pairs),
  parameters: ({text}) => new URLSearchParams(text),
  blob({type, name, modified, attachment}, {attachments}) {
    const content = [attachments[attachment]];
    return name === undefined ? new Blob(content, {type})
        : new File(content, name, {type, lastModified: modified});
  },
  form({items}, reader) {
    const form = new FormData();
    for (const [name, text, index] of items) form.append(name, text ?? reader.entry(index));
    return form;
  },
};

/** One value on its way in. */
class Reader {
  #table;
  #made = [];
  #seen = new Set();

  constructor({table, attachments}, references) {
    this.#table = table;
    this.attachments = attachments;
    this.references = references;
  }

  entry(index) {
    return this.#made[index] ??= READERS[this.#table[index].kind](this.#table[index], this);
  }

  /** @returns {null | string | Uint8Array | ReadableStream} */
  body(written) {
    if (written === null || typeof written === 'string') return written;
    if (written.attachment !== undefined) return this.attachments[written.attachment];
    const {references} = this;
    const used = references.use();
    const {number} = written;
    const call = (method, args) => references.call(number, method, args);
    return readableFrom(async () => {
      try {
        const chunk = await call('read', []);
        if (chunk === null) used();
        return chunk;
      } catch (error) {
        used();
        throw error;
      }
    }, (reason) => {
      used();
      call('cancel', [reason]).catch(() => {});  // the stream has failed, or its Worker ended
    });
  }

  read(value) {
    if (value instanceof Number) return this.entry(Number(value));
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return value;
    this.#seen.add(value);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = this.read(value[i]);
    } else if (value instanceof Map) {
      const entries = [...value];
      value.clear();
      for (const [key, item] of entries) value.set(this.read(key), this.read(item));
    } else if (value instanceof Set) {
      const items = [...value];
      value.clear();
      for (const item of items) value.add(this.read(item));
    } else if (Object.getPrototypeOf(value) === Object.prototype) {
      for (const key of Object.keys(value)) value[key] = this.read(value[key]);
    }
    return value;
  }
}

/** @param {Written} written @param {References} references @returns {any} */
export function read(written, references) {
  const {value, table, attachments} = written;
  if (table.length === 0) return value;
  if (table[0].kind === 'bytes') return attachments[0];
  return new Reader(written, references).read(value);
}
