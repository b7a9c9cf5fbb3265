// How events reach a Worker's Python code: classes derived from the SDK's entry points, or the functions
// of old (`on_fetch`).

import {checkName, notImplemented} from '../../bindings/service/rpc_promise.js';
import {Scope, showScope} from './async_context.js';
import {callAtOnce} from './event_loop.js';
import {ExecutionContext} from './execution_context.js';
import {isProxy} from './proxies.js';

const DEFAULT = 'Default';

/** Whether arguments that a method does not take are dropped (relaxed) or an error (strict). */
const RELAXED = true;
const STRICT = false;

const PROMISING = {promising: true};

/** Waits for what a promising call returned: a value, or the proxy of a coroutine's future. */
async function settle(result) {
  if (typeof result?.then !== 'function') return result;
  if (!isProxy(result)) return await result;
  try {
    return await result;
  } finally {
    result.destroy();
  }
}

/** @param {unknown} value what a handler returned @returns {string} as a Python programmer calls it */
function describeValue(value) {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return 'a str';
  if (typeof value === 'boolean') return 'a bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  if (isProxy(value)) return `a Python ${value.type}`;
  if (Array.isArray(value)) return 'a list';
  const name = value.constructor?.name ?? 'Object';
  return name === 'Object' ? 'a dict' : `a JavaScript ${name}`;
}

/** @returns {Response} */
function requireResponse(value, handler) {
  if (value instanceof Response) return value;
  const got = describeValue(value);
  if (isProxy(value)) value.destroy();
  throw new TypeError(
      'Incorrect type for Promise: the Promise did not resolve to \'Response\'. ' +
      `${handler} must return a Response; it returned ${got}.`);
}

export class Entrypoints {
  #module;
  #callConverted;
  #callRaw;
  #construct;
  #getConverted;
  #answer;
  #cancel;
  /** @type {Map<Request, number>} those that are being answered */
  #numbers = new Map();
  #latestNumber = 0;
  /** @type {Map<number, (outcome: any) => void>} by the number of the request */
  #settle = new Map();
  /** @type {Map<Request, object>} the Python tasks of functions that answer */
  #tasks = new Map();
  #emscripten;
  #environment;
  #mainModule;
  #legacyHandlers;

  /**
   * @param {object} options
   * @param {object} options.module the Worker's main module, a PyProxy
   * @param {object} options.introspection globals of introspection.py, a PyProxy
   * @param {string} options.mainModule its file name
   * @param {Record<string, any>} options.environment
   * @param {boolean} options.legacyHandlers whether functions such as `on_fetch` are handlers
   * @param {object} options.emscripten the module of the interpreter
   */
  constructor({module, introspection, mainModule, environment, legacyHandlers, emscripten}) {
    this.#module = module;
    this.#emscripten = emscripten;
    this.#mainModule = mainModule;
    this.#environment = environment;
    this.#legacyHandlers = legacyHandlers;
    this.#callConverted = introspection.get('call_converted');
    this.#callRaw = introspection.get('call_raw');
    this.#construct = introspection.get('construct');
    this.#getConverted = introspection.get('get_converted');
    /** Converts a Python object as for RPC. */
    this.toJavaScript = introspection.get('python_to_rpc');
    ExecutionContext.propsForPython = introspection.get('props_from_javascript');
    const prepare = introspection.get('prepare_answers');
    [this.#answer, this.#cancel] = prepare(this.#answers, module, environment);
    prepare.destroy();
    const collect = introspection.get('collect_entrypoint_classes');
    /**
     * {durableObjects, workerEntrypoints, workflowEntrypoints}: lists of {className, methodNames,
     * propertyNames}.
     */
    this.classes = collect(module);
    collect.destroy();
    introspection.destroy();
  }

  /**
   * @param {Request} request
   * @param {string} [className] the entry point
   * @param {Scope} [scope] of the event
   * @param {boolean} [atOnce] whether no Python code is on the stack
   * @returns {Promise<Response>} rejects when cancel() was called for the request
   */
  async fetch(request, className = DEFAULT, scope = new Scope({context: new ExecutionContext()}),
      atOnce = false) {
    const method = this.#methodOf(className, 'fetch');
    if (method !== undefined) {
      return requireResponse(
          await this.#respond(request, className, method, scope, atOnce), `${className}.${method}`);
    }
    const began = (task) => { this.#tasks.set(request, task.copy()); };
    try {
      if (className !== DEFAULT || !this.#hasLegacyHandlers()) throw noHandler('fetch');
      return requireResponse(await this.#callLegacy(
          'on_fetch', [request, this.#environment, scope.context], scope, began), 'on_fetch');
    } finally {
      this.#tasks.get(request)?.destroy();
      this.#tasks.delete(request);
    }
  }

  /** What a class answers to a request. */
  async #respond(request, className, method, scope, atOnce) {
    const number = ++this.#latestNumber;
    this.#numbers.set(request, number);
    try {
      const later = new Promise((resolve) => { this.#settle.set(number, resolve); });
      const args = [scope, number, className, method, scope.context, request];
      const outcome = await (atOnce
        ? showScope(scope, () => callAtOnce(this.#emscripten, this.#answer, ...args))
        : this.#answer.callPromising(...args));
      return outcome === this.#answers.pending ? await later : outcome;
    } finally {
      this.#settle.delete(number);
      this.#numbers.delete(request);
    }
  }

  /** What Python tells of answers that did not come at once; introspection.py says what is what. */
  #answers = {
    pending: {},
    succeeded: (number, response) =>
      this.#settle.get(number)?.(isProxy(response) ? response.copy() : response),
    failed: (number, task) => this.#settle.get(number)?.(settle(task.copy())),
  };

  /** Nobody waits for the answer any more: cancels the Python task. @param {Request} request */
  cancel(request) {
    const number = this.#numbers.get(request);
    if (number !== undefined) this.#cancel(number);
    this.#tasks.get(request)?.cancel();
  }

  /**
   * Calls a method for another Worker, or for this one through a binding.
   * @param {string | undefined} className the entry point
   * @param {string} method
   * @param {any[]} args
   * @param {Scope} scope of the call
   */
  async rpc(className = DEFAULT, method, args, scope) {
    const entry = this.#require(className);
    checkName(method);
    // Names with an underscore are not listed, but can be called.
    if (!method.startsWith('_') && !entry.methodNames.includes(method)) throw notImplemented(method);
    return this.call(className, method, args, STRICT, scope);
  }

  /**
   * Gets the value of a property for another Worker, or for this one through a binding.
   * @param {string | undefined} className the entry point
   * @param {string} name
   * @param {Scope} scope of the call
   */
  async property(className = DEFAULT, name, scope) {
    const entry = this.#require(className);
    checkName(name);
    if (entry.methodNames.includes(name)) {
      return (...args) => this.rpc(className, name, args, scope);
    }
    if (!entry.propertyNames.includes(name)) throw notImplemented(name);
    const instance = await this.#instantiate(className, scope);
    try {
      return await settle(
          await this.#getConverted.callWithOptions(PROMISING, scope, instance, name));
    } finally {
      instance.destroy();
    }
  }

  /**
   * Calls a Python function that was passed over RPC.
   * @param {object} callable
   * @param {any[]} args
   * @param {Scope} scope of the call
   */
  async callFunction(callable, args, scope) {
    return this.#callMethod(callable, '__call__', args, STRICT, scope);
  }

  /**
   * Gives an event to its handler.
   * @param {'scheduled' | 'queue' | 'email' | 'tail'} name
   * @param {any} event
   * @param {ExecutionContext} context
   */
  async event(name, event, context) {
    const scope = new Scope({context});
    // The older name of tail is still the one of the function.
    for (const alias of name === 'tail' ? ['tail', 'trace'] : [name]) {
      const method = this.#methodOf(DEFAULT, alias);
      if (method === undefined) continue;
      // The places of env and ctx: a class has them as attributes.
      await this.call(DEFAULT, method, [event, undefined, undefined], STRICT, scope);
      return;
    }
    if (!this.#hasLegacyHandlers()) throw noHandler(name);
    const result = await this.#callLegacy(
        name === 'tail' ? 'on_trace' : `on_${name}`, [event, this.#environment, context], scope);
    if (isProxy(result)) result.destroy();
  }

  /** The functions are handlers, unless there is a class. */
  #hasLegacyHandlers() {
    return this.#legacyHandlers && this.#find(DEFAULT) === undefined;
  }

  #find(className) {
    return this.classes.workerEntrypoints.find((entry) => entry.className === className);
  }

  #require(className) {
    const entry = this.#find(className);
    if (entry === undefined) throw new TypeError(`The Worker has no entrypoint "${className}".`);
    return entry;
  }

  /** The name of the method of an entry point that handles an event, if it has one. */
  #methodOf(className, event) {
    const methods = this.#find(className)?.methodNames ?? [];
    if (this.#legacyHandlers && methods.includes(`on_${event}`)) return `on_${event}`;
    return methods.includes(event) ? event : undefined;
  }

  /**
   * Calls a method of a new instance of a stateless entry point.
   * @param {string} className
   * @param {string} method
   * @param {any[]} args
   * @param {boolean} relaxed whether arguments that the method does not take are dropped
   * @param {Scope} scope of the event
   * @param {(task: object) => void} [began] gets the Python task that runs the method
   */
  async call(className, method, args, relaxed, scope, began) {
    const instance = await this.#instantiate(className, scope);
    try {
      return await this.#callMethod(instance, method, args, relaxed, scope, began);
    } finally {
      instance.destroy();
    }
  }

  /**
   * @param {string} name of something in the main module
   * @returns {any} to be destroyed when it is a proxy. A copy: the module keeps one proxy of each
   *     attribute, which other calls use at the same time
   */
  #attribute(name) {
    const value = this.#module[name];
    return isProxy(value) ? value.copy() : value;
  }

  async #instantiate(className, scope) {
    const constructor = this.#attribute(className);
    if (constructor === undefined) {
      throw new TypeError(
          `There is no '${className}' class defined in the Python Worker's main module`);
    }
    try {
      return await this.#construct.callPromising(
          scope, constructor, scope.context, this.#environment);
    } finally {
      constructor.destroy();
    }
  }

  async #callMethod(instance, method, args, relaxed, scope, began) {
    return settle(await this.#callConverted.callWithOptions(
        PROMISING, scope, began, relaxed, instance, method, ...args));
  }

  async #callLegacy(name, args, scope, began) {
    const handler = this.#attribute(name);
    if (typeof handler !== 'function') {
      const error = new Error(
          `Python entrypoint "${this.#mainModule}" does not export a handler named "${name}"`);
      error.name = 'PythonUserError';
      throw error;
    }
    try {
      const result = await settle(
          await this.#callRaw.callWithOptions(PROMISING, scope, began, handler, ...args));
      if (!isProxy(result)) return result?.js_response ?? result;
      const converted = result.js_response ?? result;
      if (converted !== result) result.destroy();
      return converted;
    } finally {
      handler.destroy();
    }
  }
}

function noHandler(name) {
  return new TypeError(`Handler does not export ${name === 'email' ? 'an' : 'a'} ${name}() function.`);
}
