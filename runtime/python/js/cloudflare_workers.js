// The module "cloudflare:workers": base classes of entry points, the environment, and waitUntil.
// https://developers.cloudflare.com/workers/runtime-apis/

import {RpcTarget} from '../../bindings/service/rpc_target.js';
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

let current = {};

/** @param {object} environment the Worker's bindings by name */
export function setEnvironment(environment) {
  current = environment;
}

/** The importable environment: always the one that is in force when it is looked at. */
export const env = new Proxy({}, {
  get: (_, name) => current[name],
  has: (_, name) => name in current,
  ownKeys: () => Reflect.ownKeys(current),
  getOwnPropertyDescriptor(_, name) {
    const descriptor = Reflect.getOwnPropertyDescriptor(current, name);
    // A proxy may only report what is fixed of properties that its target has.
    return descriptor && {...descriptor, configurable: true};
  },
  set: () => false,
  deleteProperty: () => false,
  defineProperty: () => false,
});

function replaceEnvironment(replacement) {
  const before = current;
  current = replacement;
  return () => {
    if (current === replacement) current = before;
  };
}

/**
 * Calls `callback` with another importable environment, which stays in force until what it returns has
 * settled. This engine cannot tell which of several interleaved tasks asks, so others see it as well.
 */
export function withEnv(replacement, callback) {
  const restore = replaceEnvironment(replacement);
  let result;
  try {
    result = callback();
  } catch (error) {
    restore();
    throw error;
  }
  if (typeof result?.then !== 'function') {
    restore();
    return result;
  }
  return Promise.resolve(result).finally(restore);
}

/**
 * What `workers.patch_env` drives: the given names are overlaid until the generator ends.
 * @param {Map<string, any> | Record<string, any>} changes
 */
export function* patchEnvironment(changes) {
  const entries = changes instanceof Map ? changes : Object.entries(changes);
  const restore = replaceEnvironment({...current, ...Object.fromEntries(entries)});
  try {
    yield;
  } finally {
    restore();
  }
}

/** `waitUntil` of the event that is being handled. */
export function waitUntil(promise) {
  ExecutionContext.shared.waitUntil(promise);
}

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
