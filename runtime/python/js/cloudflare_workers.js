// The module "cloudflare:workers": base classes of entry points, the environment, and waitUntil.
// https://developers.cloudflare.com/workers/runtime-apis/

import {setKeepAlive} from '../../web/js/navigator.js';
import {RpcTarget} from '../../bindings/service/rpc_target.js';
import {currentScope, enterScope, runInScope, Scope} from './async_context.js';
import {ExecutionContext} from './execution_context.js';

// The base classes' names are part of the interface: Python compares them.

export class WorkerEntrypoint {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}

export class DurableObject {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}

export class WorkflowEntrypoint {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}

let own = {};

/** @param {object} environment the Worker's bindings by name */
export function setEnvironment(environment) {
  own = environment;
}

/** How many environments other than the Worker's own may be in force somewhere. */
let replacements = 0;

function environmentInForce() {
  return replacements > 0 ? currentScope().environment ?? own : own;
}

/** The importable environment: always the one that is in force when it is looked at. */
export const env = new Proxy({}, {
  get: (_, name) => environmentInForce()[name],
  has: (_, name) => name in environmentInForce(),
  ownKeys: () => Reflect.ownKeys(environmentInForce()),
  getOwnPropertyDescriptor(_, name) {
    const descriptor = Reflect.getOwnPropertyDescriptor(environmentInForce(), name);
    // A proxy may only report what is fixed of properties that its target has.
    return descriptor && {...descriptor, configurable: true};
  },
  set: () => false,
  deleteProperty: () => false,
  defineProperty: () => false,
});

/** The scope of the running code, with another environment. */
function scopeWith(environment) {
  return new Scope({...currentScope(), environment});
}

/**
 * Calls `callback` with another importable environment. What the callback starts keeps it, promises
 * and Python tasks; what runs in between does not see it.
 */
export function withEnv(replacement, callback) {
  // For good: what was started may look at any later time.
  replacements++;
  return runInScope(scopeWith(replacement), () => {
    const result = callback();
    // A coroutine becomes a task when it is first taken for a promise.
    return typeof result?.then === 'function' ? Promise.resolve(result) : result;
  });
}

/**
 * What `workers.patch_env` drives: the given names are overlaid until the generator ends, for the
 * Python task that drives it and those that it starts.
 * @param {Map<string, any> | Record<string, any>} changes
 */
export function* patchEnvironment(changes) {
  const entries = changes instanceof Map ? changes : Object.entries(changes);
  const leave = enterScope(scopeWith(overlay(environmentInForce(), Object.fromEntries(entries))));
  replacements++;
  try {
    yield;
  } finally {
    leave();
  }
}

/** @returns {object} with the values of `changes` before those of `environment` */
function overlay(environment, changes) {
  // Not a copy by value: a binding that does not run locally throws when it is looked at.
  return Object.defineProperties({}, {
    ...Object.getOwnPropertyDescriptors(environment),
    ...Object.getOwnPropertyDescriptors(changes),
  });
}

/** `waitUntil` of the event that is being handled. */
export function waitUntil(promise) {
  (currentScope().context ?? ExecutionContext.shared).waitUntil(promise);
}

setKeepAlive(waitUntil);  // of what navigator.sendBeacon() sends

/** The module's exports. */
export const cloudflareWorkers = {
  DurableObject,
  RpcTarget,
  WorkerEntrypoint,
  WorkflowEntrypoint,
  env,
  waitUntil,
  withEnv,
};
