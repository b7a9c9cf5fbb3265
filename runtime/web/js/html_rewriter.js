// HTMLRewriter: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/
//
// The engine (html_rewriter.h) is fed with the document piece by piece, as the result is read. It stops at
// each token that a handler wants, and is told to go on when the handler is done, at once or later.

import {core} from './core.js';
import {ops} from './host.js';
import {readableFrom} from './http.js';
import {Response} from './http_extensions.js';

const {Headers} = core.loadExtScript('ext:deno_fetch/20_headers.js');
const {ReadableStream} = core.loadExtScript('ext:deno_web/06_streams.js');

// The numbers of html_rewriter.rs.
const ELEMENT = 1;
const COMMENT = 2;
const TEXT = 4;
const DOCTYPE = 8;
const END = 16;
const END_TAG = 32;
const STREAM = 64;

const BEFORE = 0;
const AFTER = 1;
const PREPEND = 2;
const APPEND = 3;
const REPLACE = 4;
const INNER = 5;

const NAME = 0;
const NAMESPACE = 1;
const CONTENT = 2;
const PUBLIC_ID = 3;
const SYSTEM_ID = 4;
const ATTRIBUTE = 5;

/** Whether a token may be made: not by users. */
let making = false;

/**
 * @typedef {string | ReadableStream | Response} Content
 * @typedef {{html?: boolean}} ContentOptions
 */

/** What all tokens have. */
class Token {
  #rewriting;
  #engine;
  #number;

  /** @param {Rewriting} rewriting @param {number} number */
  constructor(rewriting, number) {
    if (!making) throw new TypeError('Illegal constructor');
    this.#rewriting = rewriting;
    this.#engine = rewriting.engine;
    this.#number = number;
  }

  /** Calls an op with this token. */
  static use(token, op, ...args) {
    return op(token.#engine, token.#number, ...args);
  }

  static get(token, property, name) {
    return ops.tokenGet(token.#engine, token.#number, property, name);
  }

  static set(token, property, value, name) {
    ops.tokenSet(token.#engine, token.#number, property, name, `${value}`);
  }

  /** @param {Content} content @param {ContentOptions} [options] */
  static insert(token, place, content, options) {
    const html = options?.html === true;
    const stream = content instanceof Response ? content.body ?? '' : content;
    if (stream instanceof ReadableStream) {
      const number = token.#rewriting.addStream(stream, html);
      ops.tokenStream(token.#engine, token.#number, place, number);
    } else {
      ops.tokenInsert(token.#engine, token.#number, place, `${stream}`, html);
    }
    return token;
  }

  static remove(token, keepContent) {
    ops.tokenRemove(token.#engine, token.#number, keepContent);
    return token;
  }

  static onEndTag(token, handler) {
    if (typeof handler !== 'function') throw new TypeError('onEndTag() needs a function.');
    const number = token.#rewriting.addEndTagHandler(handler);
    if (!ops.tokenOnEndTag(token.#engine, token.#number, number)) {
      throw new TypeError('Parser error: No end tag.');
    }
  }
}

/** A token with content around it. */
class PlacedToken extends Token {
  get removed() {
    return Token.use(this, ops.tokenRemoved);
  }
  before(content, options) {
    return Token.insert(this, BEFORE, content, options);
  }
  after(content, options) {
    return Token.insert(this, AFTER, content, options);
  }
  replace(content, options) {
    return Token.insert(this, REPLACE, content, options);
  }
  remove() {
    return Token.remove(this, false);
  }
}

class Element extends PlacedToken {
  get tagName() {
    return Token.get(this, NAME);
  }
  set tagName(name) {
    Token.set(this, NAME, name);
  }
  get namespaceURI() {
    return Token.get(this, NAMESPACE);
  }
  /** @type {IterableIterator<[string, string]>} */
  get attributes() {
    const flat = Token.use(this, ops.tokenAttributes);
    const pairs = [];
    for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
    return pairs.values();
  }
  /** @returns {string | null} */
  getAttribute(name) {
    return Token.get(this, ATTRIBUTE, `${name}`);
  }
  hasAttribute(name) {
    return Token.get(this, ATTRIBUTE, `${name}`) !== null;
  }
  setAttribute(name, value) {
    Token.set(this, ATTRIBUTE, value, `${name}`);
    return this;
  }
  removeAttribute(name) {
    Token.use(this, ops.tokenRemoveAttribute, `${name}`);
    return this;
  }
  prepend(content, options) {
    return Token.insert(this, PREPEND, content, options);
  }
  append(content, options) {
    return Token.insert(this, APPEND, content, options);
  }
  setInnerContent(content, options) {
    return Token.insert(this, INNER, content, options);
  }
  removeAndKeepContent() {
    return Token.remove(this, true);
  }
  /** @param {(endTag: EndTag) => any} handler called at the element's end tag */
  onEndTag(handler) {
    Token.onEndTag(this, handler);
  }
}

class EndTag extends Token {
  get name() {
    return Token.get(this, NAME);
  }
  set name(name) {
    Token.set(this, NAME, name);
  }
  before(content, options) {
    return Token.insert(this, BEFORE, content, options);
  }
  after(content, options) {
    return Token.insert(this, AFTER, content, options);
  }
  remove() {
    return Token.remove(this, false);
  }
}

class Comment extends PlacedToken {
  get text() {
    return Token.get(this, CONTENT);
  }
  set text(text) {
    Token.set(this, CONTENT, text);
  }
}

class Text extends PlacedToken {
  get text() {
    return Token.get(this, CONTENT);
  }
  get lastInTextNode() {
    return Token.use(this, ops.tokenLastInTextNode);
  }
}

class Doctype extends Token {
  get name() {
    return Token.get(this, NAME);
  }
  get publicId() {
    return Token.get(this, PUBLIC_ID);
  }
  get systemId() {
    return Token.get(this, SYSTEM_ID);
  }
}

class DocumentEnd extends Token {
  append(content, options) {
    return Token.insert(this, APPEND, content, options);
  }
}

const TOKENS = new Map([
  [ELEMENT, Element], [COMMENT, Comment], [TEXT, Text], [DOCTYPE, Doctype], [END, DocumentEnd],
  [END_TAG, EndTag],
]);

/** The methods of a handlers' object, and the kind of token that each gets. */
const ELEMENT_METHODS = [['element', ELEMENT], ['comments', COMMENT], ['text', TEXT]];
const DOCUMENT_METHODS = [['doctype', DOCTYPE], ['comments', COMMENT], ['text', TEXT], ['end', END]];

/**
 * @typedef {object} Handlers
 * @property {string} selector empty: of the document
 * @property {number} kinds
 * @property {Map<number, (token: Token) => any>} methods by kind
 */

/** The proxy of a Python function goes with the call that it was given to, unless it is copied. */
function kept(method) {
  return typeof method.copy === 'function' && typeof method.destroy === 'function'
      ? method.copy() : method;
}

/** @returns {Handlers} the handlers of an object, which may be a proxy of Python's */
function readHandlers(selector, object, names) {
  const methods = new Map();
  let kinds = 0;
  for (const [name, kind] of names) {
    // Read once: an attribute of a Python object is another proxy each time.
    const found = object[name];
    if (found === undefined || found === null) continue;
    if (typeof found !== 'function') throw new TypeError(`The handler "${name}" is not a function.`);
    const method = kept(found);
    methods.set(kind, (token) => Reflect.apply(method, object, [token]));
    kinds |= kind;
  }
  return {selector, kinds, methods};
}

/** Waits for what a handler returned: a promise, or a coroutine of Python's. */
async function settle(result) {
  try {
    await result;
  } finally {
    if (typeof result.destroy === 'function') result.destroy();
  }
}

const isThenable = (value) => typeof value?.then === 'function';

/** One document on its way through the engine. */
class Rewriting {
  #handlers;
  #reader;
  #endTagHandlers = [];
  #streams = [];
  #ended = false;

  /** @param {Handlers[]} handlers @param {string} encoding @param {ReadableStream} source */
  constructor(handlers, encoding, source) {
    this.#handlers = handlers;
    this.engine = ops.rewriterNew(
        encoding, handlers.flatMap(({selector, kinds}) => [selector, kinds]));
    this.#reader = source.getReader();
  }

  addEndTagHandler(handler) {
    return this.#endTagHandlers.push(kept(handler)) - 1;
  }

  addStream(stream, html) {
    return this.#streams.push({stream, html}) - 1;
  }

  /** @returns {Promise<Uint8Array | null>} the next piece of the result, null at its end */
  async read() {
    for (;;) {
      const output = ops.rewriterTake(this.engine);
      if (output.length > 0) return output;
      if (this.#ended) return null;
      const {done, value} = await this.#reader.read();
      try {
        if (!done && !ArrayBuffer.isView(value)) {
          throw new TypeError('HTMLRewriter can only transform streams of bytes.');
        }
        this.#ended = done;
        let stop = done ? ops.rewriterEnd(this.engine) : ops.rewriterWrite(this.engine, value);
        while (stop !== undefined) {
          const result = this.#handle(...stop);
          if (isThenable(result)) await settle(result);
          stop = ops.rewriterNext(this.engine);
        }
      } catch (error) {
        if (!done) this.#reader.cancel(error).catch(() => {});  // nobody is left to tell
        throw error;
      }
    }
  }

  cancel(reason) {
    this.#reader.cancel(reason).catch(() => {});  // the source failed; nobody wants it any more
  }

  #handle(kind, handler, number) {
    if (kind === STREAM) return this.#writeStream(handler, number);
    making = true;
    const token = new (TOKENS.get(kind))(this, number);
    making = false;
    return kind === END_TAG ? this.#endTagHandlers[handler](token)
        : this.#handlers[handler].methods.get(kind)(token);
  }

  /** Writes content that was given as a stream to its place. */
  async #writeStream(index, number) {
    const {stream, html} = this.#streams[index];
    this.#streams[index] = undefined;
    const decoder = new TextDecoder();
    const write = (text) => ops.tokenInsert(this.engine, number, APPEND, text, html);
    for await (const chunk of stream) write(decoder.decode(chunk, {stream: true}));
    write(decoder.decode());
  }
}

/** @param {Headers} headers @returns {string} */
function charsetOf(headers) {
  const found = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(headers.get('content-type') ?? '');
  return found?.[1] ?? found?.[2] ?? 'utf-8';
}

export class HTMLRewriter {
  /** @type {Handlers[]} */
  #handlers = [];

  /**
   * @param {string} selector of CSS
   * @param {{element?: Function, comments?: Function, text?: Function}} handlers
   */
  on(selector, handlers) {
    const text = `${selector}`;
    ops.rewriterCheckSelector(text);
    this.#handlers.push(readHandlers(text, handlers, ELEMENT_METHODS));
    return this;
  }

  /** @param {{doctype?: Function, comments?: Function, text?: Function, end?: Function}} handlers */
  onDocument(handlers) {
    this.#handlers.push(readHandlers('', handlers, DOCUMENT_METHODS));
    return this;
  }

  /** @param {Response} response @returns {Response} whose body is rewritten as it is read */
  transform(response) {
    if (!(response instanceof Response)) {
      throw new TypeError('HTMLRewriter.transform() needs a Response.');
    }
    const {body} = response;
    if (body === null) return response;
    const headers = new Headers(response.headers);
    headers.delete('content-length');
    const rewriting = new Rewriting([...this.#handlers], charsetOf(headers), body);
    const rewritten = readableFrom(() => rewriting.read(), (reason) => rewriting.cancel(reason));
    const {status, statusText, cf} = response;
    return new Response(rewritten, {status, statusText, headers, cf});
  }
}
