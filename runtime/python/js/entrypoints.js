// How events reach a Worker's Python code: classes derived from the SDK's entry points, or the functions
// of old (`on_fetch`).

import {ExecutionContext} from './execution_context.js';

const DEFAULT = 'Default';

/** Handlers that get their arguments without conversion, and any number of them. */
const RAW_METHODS = new Set(['connect']);
const RAW_DURABLE_OBJECT_METHODS =
    new Set(['alarm', 'webSocketClose', 'webSocketError', 'webSocketMessage']);
/** Handlers that need not take all arguments. */
const RELAXED_METHODS = new Set(['fetch', 'test']);

const PROMISING = {promising: true};
const PROMISING_RELAXED = {relaxed: true, promising: true};

/** @param {unknown} value @returns {boolean} */
function isProxy(value) {
  return typeof value?.destroy === 'function' && typeof value?.copy === 'function';
}

/** Waits for what a promising call returned: a value, or the proxy of a coroutine's future. */
async function settle(result) {
  if (typeof result?.then !== 'function') return result;
  try {
    return await result;
  } finally {
    if (isProxy(result)) result.destroy();
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
  #dispatch;
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
   */
  constructor({module, introspection, mainModule, environment, legacyHandlers}) {
    this.#module = module;
    this.#mainModule = mainModule;
    this.#environment = environment;
    this.#legacyHandlers = legacyHandlers;
    this.#dispatch = introspection.get('wrapper_func');
    const collect = introspection.get('collect_entrypoint_classes');
    /** {durableObjects, workerEntrypoints, workflowEntrypoints}: lists of {className, methodNames}. */
    this.classes = collect(module);
    collect.destroy();
    introspection.destroy();
  }

  /** @param {Request} request @returns {Promise<Response>} */
  async fetch(request) {
    const entry = this.classes.workerEntrypoints.find(({className}) => className === DEFAULT);
    if (entry !== undefined) {
      if (!entry.methodNames.includes('fetch')) throw noFetch();
      return requireResponse(
          await this.call(DEFAULT, 'fetch', [request, undefined, undefined]), 'Default.fetch');
    }
    if (!this.#legacyHandlers) throw noFetch();
    const context = new ExecutionContext();
    return requireResponse(
        await this.#callLegacy('on_fetch', [request, this.#environment, context]), 'on_fetch');
  }

  /**
   * Calls a method of a new instance of a stateless entry point.
   * @param {string} className
   * @param {string} method
   * @param {any[]} args
   */
  async call(className, method, args) {
    const instance = await this.#construct(className, new ExecutionContext());
    try {
      return await this.#callMethod(instance, method, args, false);
    } finally {
      instance.destroy();
    }
  }

  async #construct(className, context) {
    const constructor = this.#module[className];
    if (constructor === undefined) {
      throw new TypeError(
          `There is no '${className}' class defined in the Python Worker's main module`);
    }
    try {
      return await constructor.callPromising(context, this.#environment);
    } finally {
      constructor.destroy();
    }
  }

  async #callMethod(instance, method, args, isDurableObject) {
    if (RAW_METHODS.has(method) || (isDurableObject && RAW_DURABLE_OBJECT_METHODS.has(method))) {
      const bound = instance[method];
      if (typeof bound !== 'function') throw new TypeError(`Method ${method} does not exist`);
      try {
        return await settle(await bound.callWithOptions(PROMISING_RELAXED, ...args));
      } finally {
        bound.destroy();
      }
    }
    return settle(await this.#dispatch.callWithOptions(
        PROMISING, RELAXED_METHODS.has(method), instance, method, ...args));
  }

  async #callLegacy(name, args) {
    const handler = this.#module[name];
    if (typeof handler !== 'function') {
      const error = new Error(
          `Python entrypoint "${this.#mainModule}" does not export a handler named "${name}"`);
      error.name = 'PythonUserError';
      throw error;
    }
    try {
      const result = await settle(await handler.callWithOptions(PROMISING_RELAXED, ...args));
      if (!isProxy(result)) return result?.js_response ?? result;
      const converted = result.js_response ?? result;
      if (converted !== result) result.destroy();
      return converted;
    } finally {
      handler.destroy();
    }
  }
}

function noFetch() {
  return new TypeError('Handler does not export a fetch() function.');
}
