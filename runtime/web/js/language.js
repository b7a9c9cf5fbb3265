// Features of the language that the libraries use and V8 10.2 lacks: for good (`addMissing`), or only
// while a startup snapshot is made (`addStandIns`).
//
// Imported before everything else: the libraries take the built-in functions they need as they load.

import {ops} from './host.js';

/** What addStandIns put in place: [object, key]. */
const standIns = [];

/** Defines a property as the standard's built-ins have it, unless it exists. */
function define(object, key, value) {
  if (key in object) return false;
  Object.defineProperty(object, key, {value, writable: true, configurable: true});
  return true;
}

function defineGetter(object, key, get) {
  if (!(key in object)) Object.defineProperty(object, key, {get, configurable: true});
}

const LONE_SURROGATE =
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** ECMAScript 2023 to 2026, as far as the libraries use it. */
function addMissing() {
  defineGetter(ArrayBuffer.prototype, 'detached', function detached() {
    return ops.isDetached(this);
  });
  defineGetter(ArrayBuffer.prototype, 'resizable', function resizable() { return false; });
  defineGetter(ArrayBuffer.prototype, 'maxByteLength', function maxByteLength() {
    return this.byteLength;
  });
  const {transfer, transferToFixedLength} = {
    transfer(newLength = undefined) {
      const moved = ops.transferArrayBuffer(this);
      const length = newLength === undefined ? moved.byteLength : Math.trunc(Number(newLength)) || 0;
      if (length === moved.byteLength) return moved;
      const resized = new ArrayBuffer(length);
      new Uint8Array(resized).set(new Uint8Array(moved).subarray(0, length));
      return resized;
    },
    transferToFixedLength(newLength = undefined) {
      return transfer.call(this, newLength);
    },
  };
  define(ArrayBuffer.prototype, 'transfer', transfer);
  define(ArrayBuffer.prototype, 'transferToFixedLength', transferToFixedLength);

  define(Promise, 'withResolvers', {
    withResolvers() {
      let resolve;
      let reject;
      const promise = new this((resolvePromise, rejectPromise) => {
        resolve = resolvePromise;
        reject = rejectPromise;
      });
      return {promise, resolve, reject};
    },
  }.withResolvers);
  define(Promise, 'try', {
    try(callback, ...args) {
      return new this((resolve) => resolve(callback(...args)));
    },
  }.try);

  const strings = {
    isWellFormed() {
      return String(this).search(LONE_SURROGATE) < 0;
    },
    toWellFormed() {
      return String(this).replace(LONE_SURROGATE, '\uFFFD');
    },
  };
  for (const name in strings) define(String.prototype, name, strings[name]);

  const copies = {
    toReversed() {
      return this.slice().reverse();
    },
    toSorted(compare) {
      return this.slice().sort(compare);
    },
    with(index, value) {
      const copy = this.slice();
      const position = index < 0 ? index + copy.length : index;
      if (position < 0 || position >= copy.length) throw new RangeError('Invalid index');
      copy[position] = value;
      return copy;
    },
  };
  for (const name in copies) {
    define(Array.prototype, name, copies[name]);
    define(Object.getPrototypeOf(Uint8Array.prototype), name, copies[name]);
  }
  define(Array.prototype, 'toSpliced', {
    toSpliced(...args) {
      const copy = this.slice();
      copy.splice(...args);
      return copy;
    },
  }.toSpliced);

  for (const name of ['dispose', 'asyncDispose']) {
    if (!(name in Symbol)) {
      Object.defineProperty(Symbol, name, {value: Symbol(`Symbol.${name}`)});
    }
  }
}

/**
 * V8 10.2 leaves some shipped features out of a context while a snapshot is made and adds them when
 * the context is restored; libraries that take built-ins at load would find them missing.
 */
function addStandIns() {
  const add = (object, key, value) => {
    if (define(object, key, value)) standIns.push([object, key]);
  };
  const indexed = {
    at(index) {
      const integer = Math.trunc(index) || 0;
      return this[integer < 0 ? integer + this.length : integer];
    },
    findLast(predicate, thisArg) {
      for (let i = this.length - 1; i >= 0; i--) {
        if (predicate.call(thisArg, this[i], i, this)) return this[i];
      }
      return undefined;
    },
    findLastIndex(predicate, thisArg) {
      for (let i = this.length - 1; i >= 0; i--) {
        if (predicate.call(thisArg, this[i], i, this)) return i;
      }
      return -1;
    },
  };
  for (const prototype of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)]) {
    for (const name in indexed) add(prototype, name, indexed[name]);
  }
  add(String.prototype, 'at', indexed.at);
  const {hasOwnProperty} = Object.prototype;
  add(Object, 'hasOwn', {
    hasOwn(object, key) {
      return Reflect.apply(hasOwnProperty, object, [key]);
    },
  }.hasOwn);
  // Only taken apart for its accessors; native code tests for the real class (core.js).
  add(globalThis, 'SharedArrayBuffer', class SharedArrayBuffer {
    get byteLength() {
      throw new TypeError('not a SharedArrayBuffer');
    }
    slice() {
      throw new TypeError('not a SharedArrayBuffer');
    }
  });
  add(globalThis, 'Atomics', {});
}

/** Last step of the bundle: V8 puts its own in a restored context, where ours would be in the way. */
export function removeStandIns() {
  for (const [object, key] of standIns) delete object[key];
  standIns.length = 0;
}

addMissing();
addStandIns();
