// Memory snapshots: the state of an interpreter between two points of its life, taken from one instance
// and given to others.
//
// All of Python's own state is linear memory. What is outside of it has to be made again, in a way that
// fits what the memory refers to:
//
// - JavaScript objects that Python holds. Each is found by a path from the global object, or from the
//   objects that the host gives to Python; the same path leads to its counterpart in another instance.
// - Side modules, at the same addresses, with their functions in the same places of the table.
//
// What cannot be made again prevents the snapshot: isSnapshotPossible says what it is.

import {ops} from '../../web/js/host.js';
import {compileModule} from './wasm_modules.js';

/** How many properties a path may have. */
const LONGEST_PATH = 4;

/** Emscripten's name for the main module among the libraries. */
const MAIN = '__main__';

/** @typedef {'base' | 'packages' | 'worker' | 'interpreter'} Layer runtime/snapshot/snapshot_store.h says of what */

/**
 * @typedef {object} LibraryPlace
 * @property {string} name the library's path
 * @property {number} memory where its memory was allocated
 * @property {number} table the length of the table before it was loaded
 * @property {number[]} handles what dlopen() has returned for it
 * @property {Record<string, number>} [slots] places of its functions in the table, where they are known
 * @property {import('./links.js').Symbols} [symbols] what it is given of the main module, likewise
 */

/**
 * @typedef {object} Description what a snapshot says besides its memory
 * @property {{hiwireKeys: any[], immortalKeys: string[]}} references JavaScript objects Python holds
 * @property {LibraryPlace[]} libraries in the order in which they were loaded
 * @property {number} tableLength
 * @property {number} stackPointer C's: what lies above it is still used
 * @property {string} workingFolder
 * @property {{descriptor: number, path: string, position: number}[]} openFiles for reading
 */

/**
 * @typedef {object} Obstacle what prevents a snapshot, besides the message
 * @property {string} [written] a path that Python has written to
 * @property {{object: object, message: string}[]} [held] objects of JavaScript that cannot be found again
 */

/** Why no snapshot can be taken. */
export class SnapshotPrevented extends Error {
  /** @param {string} message @param {Obstacle} [obstacle] */
  constructor(message, {written, held} = {}) {
    super(message);
    this.written = written;
    this.held = held;
  }

  get name() {
    return 'SnapshotPrevented';
  }
}

/** Where side modules are, or have to be. */
export class Libraries {
  /** @type {LibraryPlace[]} */
  places = [];
  #next;
  #links;

  /** @param {import('./links.js').Links} [links] of a main module that was linked ahead of time */
  constructor(links) {
    this.#links = links;
  }

  /** Emscripten's settings that make it ask here. @param {() => number} tableLength */
  settings(tableLength) {
    return {
      placeLibrary: (name, size, allocate) => {
        if (this.#next !== undefined) return this.#next.memory;
        const memory = allocate(size);
        this.places.push({name, memory, table: tableLength(), handles: []});
        return memory;
      },
    };
  }

  /**
   * Loads the libraries of a snapshot to their places, before its memory is there.
   * @param {object} module Emscripten's
   * @param {WebAssembly.Table} table
   * @param {LibraryPlace[]} places
   * @param {(name: string) => WebAssembly.Module | undefined} [findCompiled]
   */
  async restore(module, table, places, findCompiled) {
    const {FS, LDSO, newDSO, loadWebAssemblyModule} = module;
    for (const place of places) {
      const code = findCompiled?.(place.name) ?? await compileModule(FS.readFile(place.name));
      // What was there before the library was put there by Python's own start, which is not repeated.
      if (table.length < place.table) table.grow(place.table - table.length);
      this.#next = place;
      this.#links?.expect(place.slots, place.symbols);
      const library = newDSO(place.name, undefined, 'loading');
      library.refcount = Infinity;
      library.global = false;
      library.exports = loadWebAssemblyModule(code, {}, place.name, {});
      this.#next = undefined;
      if (place.slots !== undefined) placeFunctions(table, library.exports, place.slots);
      for (const handle of place.handles) LDSO.loadedLibsByHandle[handle] = library;
      LDSO.loadedLibsByName[place.name] = library;
    }
    this.places = places;
  }

  /** Completes what is known of the places. @param {object} module Emscripten's */
  describe({LDSO: {loadedLibsByHandle, loadedLibsByName}}) {
    for (const place of this.places) {
      place.handles = Object.keys(loadedLibsByHandle)
          .filter((handle) => loadedLibsByHandle[handle].name === place.name).map(Number);
      place.slots = this.#links?.slotsOf(loadedLibsByName[place.name].exports);
      place.symbols = this.#links?.symbolsOf(place.name);
    }
  }
}

/** Puts functions of a library into the table where its own elements have not. */
function placeFunctions(table, exports, slots) {
  for (const [name, slot] of Object.entries(slots)) {
    if (slot >= table.length) table.grow(slot + 1 - table.length);
    if (table.get(slot) === null) table.set(slot, exports[name]);
  }
}

/**
 * Names of all properties that can be read from the object, its own and inherited ones. The getters of
 * a prototype are for its instances: asked themselves, some throw and some leave a rejected promise.
 */
function propertyNames(object) {
  const names = new Set();
  const isPrototype = Object.hasOwn(object, 'constructor') && object.constructor?.prototype === object;
  for (let at = object; at !== null && at !== Object.prototype && at !== Function.prototype;
    at = Object.getPrototypeOf(at)) {
    for (const [name, {get}] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get === undefined || !isPrototype) names.add(name);
    }
  }
  return names;
}

const isReference = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** Objects by the shortest path to them. */
class Paths {
  /** @type {Map<object, string[]>} */
  #paths = new Map();

  /** @param {Record<string, object>} roots */
  constructor(roots) {
    let layer = [];
    for (const [name, root] of Object.entries(roots)) {
      this.#paths.set(root, [name]);
      layer.push(root);
    }
    for (let length = 1; length < LONGEST_PATH; length++) {
      layer = layer.flatMap((object) => this.#children(object));
    }
  }

  #children(object) {
    const found = [];
    for (const name of propertyNames(object)) {
      let value;
      try {
        value = object[name];
      } catch {
        continue;  // a getter that needs another `this`, a binding that does not run here
      }
      if (!isReference(value) || this.#paths.has(value)) continue;
      this.#paths.set(value, [...this.#paths.get(object), name]);
      found.push(value);
    }
    return found;
  }

  /** @returns {string[] | undefined} */
  of(object) {
    return this.#paths.get(object);
  }
}

function describe(value) {
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return typeof value === 'function' ? `the function ${value.name || '(without a name)'}`
    : `an object of the class ${value?.constructor?.name ?? kind}`;
}

const NOT_FOUND_AGAIN =
    'is held by Python after the import of the Worker, and cannot be found again from the global ' +
    'object. Make it in a handler instead of at the top level.';

/**
 * The references of Python's memory to JavaScript, as data.
 * @param {object} api Pyodide's internal one
 * @param {Record<string, object>} roots where paths start
 */
function serializeReferences(api, roots) {
  const paths = new Paths({global: globalThis, ...roots});
  /** @type {Map<object, string>} */
  const held = new Map();
  const references = api.serializeHiwireState((object) => {
    if (object === api) return {special: 'api'};
    if (object === api.abortSignalAny) return {special: 'abortSignalAny'};
    const path = paths.of(object);
    if (path === undefined) held.set(object, `${describe(object)} ${NOT_FOUND_AGAIN}`);
    return {path};
  });
  if (held.size > 0) {
    throw new SnapshotPrevented([...held.values()].join('\n'), {
      held: [...held].map(([object, message]) => ({object, message})),
    });
  }
  return references;
}

/**
 * @param {object} api
 * @param {Record<string, object>} roots
 * @returns {(serialized: object) => object} the reverse of serializeReferences for one reference
 */
export function referenceReader(api, roots) {
  const starts = {global: globalThis, ...roots};
  return ({special, path}) => {
    if (special === 'api') return api;
    if (special === 'abortSignalAny') return api.abortSignalAny;
    const found = path.reduce((object, name) => object[name], starts);
    if (!isReference(found)) throw new Error(`there is no ${path.join('.')} any more`);
    return found;
  };
}

/** Descriptors of the standard streams. */
const STANDARD_STREAMS = 3;

/** Folders that a Worker may write to, and what the host has put there. */
const WRITABLE = {'/tmp': [], '/session': ['metadata']};

const ACCESS_MODE = 3;

/** The files that Python has open. Throws SnapshotPrevented for one that it may write. */
function openFiles(FS) {
  const files = [];
  FS.streams.forEach((stream, descriptor) => {
    if (descriptor < STANDARD_STREAMS || !stream) return;
    const {path, flags, position, node} = stream;
    if (!FS.isFile(node.mode) || (flags & ACCESS_MODE) !== 0) {
      throw new SnapshotPrevented(`the file ${path} is open for writing after the import`, {written: path});
    }
    files.push({descriptor, path, position});
  });
  return files;
}

/**
 * Opens files again, under the descriptors that they had.
 * @param {object} FS
 * @param {Description['openFiles']} files
 */
export function reopenFiles(FS, files) {
  for (const {descriptor, path, position} of files) {
    const stream = FS.open(path, 0);
    FS.streams[stream.fd] = null;
    FS.streams[descriptor] = Object.assign(stream, {fd: descriptor, position});
  }
}

/** Throws SnapshotPrevented for files that Python has written. */
function checkFiles(FS) {
  for (const [folder, ours] of Object.entries(WRITABLE)) {
    if (!FS.analyzePath(folder).exists) continue;
    const written = FS.readdir(folder).find((name) => !['.', '..', ...ours].includes(name));
    if (written !== undefined) {
      const path = `${folder}/${written}`;
      throw new SnapshotPrevented(`${path} was written during the import`, {written: path});
    }
  }
}

/**
 * Takes a snapshot, if there is a place to keep it. The interpreter goes on.
 *
 * @param {Layer} layer
 * @param {import('./boot.js').Interpreter} interpreter
 * @param {Record<string, object>} roots the host's objects that Python may hold, by name
 * @returns {boolean} whether there was such a place
 * @throws {SnapshotPrevented}
 */
export function takeSnapshot(layer, interpreter, roots) {
  if (!ops.pythonSnapshotWanted(layer)) return false;
  const {api, module, libraries, table} = interpreter;
  checkFiles(module.FS);
  const {loadedLibsByName} = module.LDSO;
  const known = new Set(libraries.places.map(({name}) => name));
  for (const {name} of Object.values(loadedLibsByName)) {
    if (name !== MAIN && !known.has(name)) {
      throw new SnapshotPrevented(`the library ${name} has no memory of its own`);
    }
  }
  libraries.describe(module);
  // What is collected now need not be collected, and its pages not be copied, in every instance.
  interpreter.run('import gc; gc.collect(); gc.freeze(); del gc');
  /** @type {Description} */
  const description = {
    references: serializeReferences(api, roots),
    libraries: libraries.places,
    tableLength: table.length,
    stackPointer: module.stackSave(),
    workingFolder: module.FS.cwd(),
    openFiles: openFiles(module.FS),
  };
  ops.pythonSnapshotSave(layer, JSON.stringify(description), module.HEAP8.buffer);
  return true;
}

/**
 * The first snapshot there is of some layers.
 * @param {Layer[]} layers
 * @returns {{layer: Layer, description: Description, size: number} | undefined} stays open until its
 *     memory is mapped
 */
export function openSnapshot(layers) {
  for (const layer of layers) {
    const found = ops.pythonSnapshotOpen(layer);
    if (found !== undefined) return {layer, description: JSON.parse(found[0]), size: found[1]};
  }
  return undefined;
}
