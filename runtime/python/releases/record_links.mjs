// What Emscripten's loader finds out when it links Pyodide's main module. It is the same at each start.

import {readFileSync} from 'node:fs';

/** What the glue looks at to find out where it runs: it must not take this for Node. See js/boot.js. */
const ENVIRONMENT = {
  process: undefined,
  window: {sessionStorage: {}},
  document: {createElement() {}},
  sessionStorage: {},
  importScripts: 1,
  addEventListener() {},
};

/** Functions that Workers have no use for. Nothing is in their places. */
const WEBGL = /^emscripten_gl/;

/**
 * Starts the module as far as until it is linked.
 * @param {string} glue the source of the glue, as the body of a function that returns the factory
 * @param {WebAssembly.Module} module
 * @returns {Promise<{GOT: Record<string, WebAssembly.Global>, wasmTable: WebAssembly.Table,
 *     exports: WebAssembly.Exports, ownLength: number}>} the loader's own objects, and the length of the
 *     table before the loader has put anything into it
 */
async function link(glue, module) {
  const saved = Object.keys(ENVIRONMENT)
      .map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const [name, value] of Object.entries(ENVIRONMENT)) {
    Object.defineProperty(globalThis, name, {value, configurable: true, writable: true});
  }
  try {
    return await new Promise((resolve, reject) => {
      const settings = {
        API: {config: {jsglobals: globalThis, env: {}}, runtimeEnv: {IN_BROWSER: true}},
        locateFile: (name) => name,
        noInitialRun: true,
        linked: resolve,
        instantiateWasm(imports, done) {
          imports.env.Jsv_GetError_import = imports.env.JsvError_Check = () => 0;
          done(new WebAssembly.Instance(module, imports), module);
          return {};
        },
      };
      // It goes on after that, and fails for lack of files, which is no matter.
      new Function(glue)()(settings).catch(reject);
    });
  } finally {
    for (const [name, descriptor] of saved) {
      if (descriptor === undefined) delete globalThis[name];
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

/**
 * @typedef {object} Links
 * @property {Record<string, number>} addresses of data, by symbol
 * @property {Record<string, number>} slots of functions in the table, by symbol
 * @property {Map<number, number>} elements functions that the loader puts into the table: their indices in
 *     the module, by slot
 * @property {Map<number, string>} hostFunctions functions of the glue in the table: their names, by slot
 * @property {number} tableLength
 * @property {string[]} imported symbols whose place the module itself asks for
 */

/**
 * @param {string} glue that calls `Module.linked`
 * @param {string} wasmPath
 * @returns {Promise<Links>}
 */
export async function recordLinks(glue, wasmPath) {
  const module = new WebAssembly.Module(readFileSync(wasmPath));
  const imports = WebAssembly.Module.imports(module);
  const namesOf = (kind) => imports.filter((entry) => entry.kind === kind).map(({name}) => name);
  const importedFunctions = new Map(namesOf('function').map((name, index) => [name, index]));
  const {GOT, wasmTable, exports, ownLength} = await link(glue, module);

  const addresses = {};
  const slots = {};
  /** Symbols by slot. */
  const names = new Map();
  for (const [name, {value}] of Object.entries(GOT)) {
    if (exports[name] instanceof WebAssembly.Global) {
      addresses[name] = value;
    } else {
      slots[name] = value;
      names.set(value, name);
    }
  }
  // The name of an exported function is its index in the module.
  const indices = new Map(Object.values(exports)
      .filter((value) => typeof value === 'function').map((value) => [value, Number(value.name)]));
  const elements = new Map();
  const hostFunctions = new Map();
  for (let slot = ownLength; slot < wasmTable.length; slot++) {
    const name = names.get(slot);
    const index = indices.get(wasmTable.get(slot)) ?? importedFunctions.get(name);
    if (index !== undefined) elements.set(slot, index);
    else if (WEBGL.test(name)) delete slots[name];
    else if (name !== undefined) hostFunctions.set(slot, name);
    else throw new Error(`nothing is known of entry ${slot} of the table`);
  }
  return {
    addresses, slots, elements, hostFunctions,
    tableLength: wasmTable.length,
    imported: namesOf('global'),
  };
}
