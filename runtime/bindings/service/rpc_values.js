// How values cross from one side of a call to the other:
// https://developers.cloudflare.com/workers/runtime-apis/rpc/#supported-types

import {RpcTarget} from './rpc_target.js';

/** Passed on as they are: streams and what contains them belong to whoever has them last. */
const PASSED = [
  Request, Response, Headers, ReadableStream, WritableStream, Blob, FormData, URLSearchParams, AbortSignal,
];
/** The standard's clone is what we want of these. */
const CLONED = [Date, RegExp, ArrayBuffer];

const ERRORS = {EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError};

/** Functions that are stubs already. */
const stubs = new WeakSet();

/**
 * Says that a function is a stub of another isolate's: it is passed on as it is.
 * @template {Function} T @param {T} stub @returns {T}
 */
export function adoptStub(stub) {
  stub.dup = () => stub;
  stubs.add(stub);
  return stub;
}

function refuse(type) {
  throw new DOMException(
      `Could not serialize object of type "${type}". This type does not support serialization.`,
      'DataCloneError');
}

/**
 * An error for the other side: its name and message count, whatever its class.
 * @param {unknown} error
 * @returns {unknown}
 */
export function copyError(error) {
  if (!(error instanceof Error)) return error;
  const copy = new (ERRORS[error.name] ?? Error)(error.message);
  if (copy.name !== error.name) copy.name = error.name;
  // The class of a Python exception.
  if (typeof error.type === 'string') copy.type = error.type;
  copy.stack = error.stack;
  return copy;
}

/**
 * @typedef {object} PythonCalls
 * @property {(value: any) => boolean} isProxy whether it is the proxy of a Python object
 * @property {(callable: any, args: any[], context: object | undefined) => Promise<any>} callFunction
 *     calls a Python function with converted arguments
 * @property {() => object | undefined} context of the event whose code is running
 * @property {(object: any) => any} toJavaScript converts a Python object as the SDK does for RPC
 */

export class RpcValues {
  #python;

  /** @param {PythonCalls} python */
  constructor(python) {
    this.#python = python;
  }

  /**
   * @param {any} value
   * @returns {any} what the other side gets
   * @throws {DOMException} DataCloneError for what cannot cross
   */
  copy(value) {
    return this.#copy(value, new Map());
  }

  /** @param {Map<object, any>} seen copies made, for what occurs twice or contains itself */
  #copy(value, seen) {
    if (typeof value === 'symbol') return refuse('Symbol');
    if (typeof value !== 'object' && typeof value !== 'function') return value;
    if (value === null || stubs.has(value)) return value;
    if (seen.has(value)) return seen.get(value);
    const {constructor} = value;
    if (constructor?.name === 'Fetcher') return value;
    if (typeof value === 'function' || value instanceof RpcTarget) return this.#stub(value);
    if (this.#python.isProxy(value)) {
      // A Python object that the caller has not converted, or one that cannot be.
      const converted = this.#python.toJavaScript(value);
      return this.#python.isProxy(converted) ? refuse(value.type) : this.#copy(converted, seen);
    }
    if (PASSED.some((type) => value instanceof type)) return value;
    if (ArrayBuffer.isView(value) || CLONED.some((type) => value instanceof type)) {
      return structuredClone(value);
    }
    if (value instanceof Error) return copyError(value);
    const keep = (copy) => {
      seen.set(value, copy);
      return copy;
    };
    if (Array.isArray(value)) {
      const copy = keep([]);
      for (const item of value) copy.push(this.#copy(item, seen));
      return copy;
    }
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of value) copy.set(this.#copy(key, seen), this.#copy(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const item of value) copy.add(this.#copy(item, seen));
      return copy;
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return refuse(constructor?.name ?? 'Object');
    const copy = keep({});
    for (const key of Object.keys(value)) copy[key] = this.#copy(value[key], seen);
    return copy;
  }

  /** A function that calls one of the other side, or an object whose methods do. */
  #stub(target) {
    // The proxy of a Python function that was only passed as an argument goes with the call.
    const isPythons = this.#python.isProxy(target);
    const kept = isPythons ? target.copy() : target;
    // It belongs to the event that it was passed in, whenever it is called.
    const context = this.#python.context();
    const call = (callee, self) => async (...args) => {
      const copies = args.map((arg) => this.copy(arg));
      try {
        return this.copy(isPythons
            ? await this.#python.callFunction(callee, copies, context)
            : await Reflect.apply(callee, self, copies));
      } catch (error) {
        throw copyError(error);
      }
    };
    const stub = typeof kept === 'function' ? call(kept) : () => {
      throw new TypeError('The RPC receiver is not a function.');
    };
    if (kept instanceof RpcTarget) {
      for (const name of methodsOf(kept)) {
        Object.defineProperty(stub, name, {value: call(kept[name], kept), enumerable: true});
      }
    }
    stub[Symbol.dispose] = () => {
      if (isPythons) kept.destroy();
    };
    return adoptStub(stub);
  }
}

/** Methods that the classes between an object and RpcTarget define. */
function methodsOf(target) {
  const names = new Set();
  let prototype = Object.getPrototypeOf(target);
  for (; prototype !== RpcTarget.prototype; prototype = Object.getPrototypeOf(prototype)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name !== 'constructor' && typeof target[name] === 'function') names.add(name);
    }
  }
  return names;
}
