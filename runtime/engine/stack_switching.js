// The JavaScript half of stack switching: the three names on WebAssembly, and instantiation that sees
// through Suspending objects. Evaluates to a function that installs them.
//
// makePromising(exportedFunction) -> function     runs it on a stack of its own, returns a promise
// suspend(promise) -> value                        leaves that stack until the promise settles
// running: Int32Array(1), 1 while code runs on such a stack
(function (makePromising, suspend, running) {
  'use strict';
  const { Instance, Table, instantiate, instantiateStreaming } = WebAssembly;
  const { apply, construct } = Reflect;
  const toPromise = Promise.resolve.bind(Promise);

  class SuspendError extends Error {
    get name() {
      return 'SuspendError';
    }
  }

  /** What instantiation puts in the place of a Suspending object. */
  const imports = new WeakMap();

  class Suspending {
    constructor(fn) {
      if (typeof fn !== 'function') {
        throw new TypeError('WebAssembly.Suspending(): Argument 0 must be a function');
      }
      imports.set(this, function (...args) {
        if (running[0] === 0) {
          throw new SuspendError('trying to suspend without WebAssembly.promising');
        }
        // Suspends for plain values too, as engines with the real thing do.
        return suspend(toPromise(apply(fn, undefined, args)));
      });
    }
    get [Symbol.toStringTag]() {
      return 'WebAssembly.Suspending';
    }
  }

  // Only functions exported by wasm can be put into a table: that tells them from others.
  const probe = new Table({ element: 'anyfunc', initial: 1 });
  function promising(fn) {
    try {
      if (typeof fn !== 'function') throw undefined;
      probe.set(0, fn);
      probe.set(0, null);
    } catch {
      throw new TypeError(
        'WebAssembly.promising(): Argument 0 must be a WebAssembly exported function');
    }
    return makePromising(fn);
  }

  const isObject = (value) => (typeof value === 'object' && value !== null) ||
    typeof value === 'function';

  // Proxies with empty targets: an import object may itself be a proxy or frozen (Emscripten's are).
  const throughSuspending = (module) => new Proxy({}, {
    get(_, name) {
      const value = module[name];
      return (isObject(value) && imports.get(value)) || value;
    },
  });
  const prepare = (importObject) => !isObject(importObject) ? importObject : new Proxy({}, {
    get(_, name) {
      const module = importObject[name];
      return isObject(module) ? throughSuspending(module) : module;
    },
  });
  /** The arguments of an instantiation, with the import object prepared when there is one. */
  const prepared = (args) =>
    args.length < 2 ? args : [args[0], prepare(args[1]), ...args.slice(2)];

  const PreparedInstance = function Instance_(...args) {
    if (!new.target) throw new TypeError("WebAssembly.Instance must be invoked with 'new'");
    return construct(Instance, prepared(args), new.target);
  };
  Object.defineProperty(PreparedInstance, 'name', { value: 'Instance' });
  PreparedInstance.prototype = Instance.prototype;

  const define = (object, name, value) => Object.defineProperty(object, name, {
    value, writable: true, configurable: true, enumerable: false,
  });
  define(Instance.prototype, 'constructor', PreparedInstance);
  define(WebAssembly, 'Instance', PreparedInstance);
  define(WebAssembly, 'instantiate', {
    instantiate(...args) {
      return apply(instantiate, WebAssembly, prepared(args));
    },
  }.instantiate);
  if (instantiateStreaming) {
    define(WebAssembly, 'instantiateStreaming', {
      instantiateStreaming(...args) {
        return apply(instantiateStreaming, WebAssembly, prepared(args));
      },
    }.instantiateStreaming);
  }
  define(WebAssembly, 'promising', promising);
  define(WebAssembly, 'Suspending', Suspending);
  define(WebAssembly, 'SuspendError', SuspendError);
})
