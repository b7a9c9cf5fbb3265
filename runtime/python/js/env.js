// The environment of a Worker: its bindings, by name.

import {KvNamespace} from '../../bindings/kv/kv_namespace.js';
import {MemoryStore} from '../../bindings/kv/memory_store.js';

/** One store for each namespace: two bindings may name the same one. */
const kvStores = new Map();

function kvNamespace({name, namespace_id: id = name}) {
  if (!kvStores.has(id)) kvStores.set(id, new MemoryStore());
  return new KvNamespace(kvStores.get(id));
}

/** How each type of the upload API's metadata becomes a value. */
const MAKERS = {
  plain_text: ({text}) => text,
  secret_text: ({text}) => text,
  json: ({json}) => json,
  kv_namespace: kvNamespace,
};

/**
 * @param {{name: string, type: string}[]} bindings with the properties of their type
 * @returns {Record<string, any>} a binding of a type that cannot run here throws when it is used
 */
export function makeEnvironment(bindings) {
  const environment = {};
  for (const binding of bindings) {
    const make = MAKERS[binding.type];
    Object.defineProperty(environment, binding.name, {
      enumerable: true,
      configurable: true,
      ...(make === undefined ? {
        get() {
          throw new Error(
              `The binding ${binding.name} has the type ${binding.type}, which does not run locally.`);
        },
      } : {value: make(binding), writable: true}),
    });
  }
  return environment;
}
