// Symbols of a main module that was linked ahead of time (runtime/python/releases/linked_glue.mjs). The
// loader's records of them are made when a side module, or dlsym(), asks for a symbol.

/**
 * @typedef {object} Symbols of the main module, by name
 * @property {Record<string, number>} addresses of data
 * @property {Record<string, number>} slots of functions in the table
 */

/** @typedef {Record<string, WebAssembly.Global>} GlobalOffsets Emscripten's GOT: addresses by symbol */

/** @param {number} value @returns {WebAssembly.Global} as the loader makes them for its GOT */
const offset = (value) => new WebAssembly.Global({value: 'i32', mutable: true}, value);

/** Makes a symbol importable, if it is one of these. @param {string} name @param {Symbols} symbols */
function define(name, {addresses, slots}, imports, table) {
  if (imports[name] !== undefined && !imports[name].stub) return;
  if (slots[name] !== undefined) imports[name] = table.get(slots[name]);
  else if (addresses[name] !== undefined) {
    imports[name] = new WebAssembly.Global({value: 'i32'}, addresses[name]);
  }
}

/** The symbols of one interpreter's main module. */
export class Links {
  #read;
  /** @type {Symbols | undefined} */
  #known;
  /** @type {{slots?: Record<string, number>, symbols?: Symbols}} */
  #expected = {};
  /** @type {Map<string, Symbols>} what libraries were given, by their names */
  #given = new Map();
  /** @type {GlobalOffsets | undefined} */
  #offsets;

  /** @param {() => string} read the release's symbols.json */
  constructor(read) {
    this.#read = read;
  }

  get #symbols() {
    return this.#known ??= JSON.parse(this.#read());
  }

  /**
   * Tells what is known of the next library from another interpreter: to find its symbols among all
   * takes longer than anything else about it.
   * @param {Record<string, number>} slots places for its functions
   * @param {Symbols} symbols what it is given
   */
  expect(slots, symbols) {
    this.#expected = {slots, symbols};
  }

  /**
   * Before a side module is loaded: what it imports, and what it has a symbol of the same name for, which
   * the main module's goes before.
   * @param {Uint8Array | WebAssembly.Module} binary
   * @param {GlobalOffsets} offsets
   * @param {Record<string, any>} imports what side modules can import by name
   * @param {WebAssembly.Table} table
   * @param {string} library its name
   * @returns {WebAssembly.Module}
   */
  prepare(binary, offsets, imports, table, library) {
    this.#offsets = offsets;
    const module = binary instanceof WebAssembly.Module ? binary : new WebAssembly.Module(binary);
    const {slots = {}, symbols = this.#symbolsOfModule(module)} = this.#expected;
    this.#expected = {};
    this.#given.set(library, symbols);
    for (const places of [symbols.slots, symbols.addresses]) {
      for (const [name, value] of Object.entries(places)) {
        define(name, symbols, imports, table);
        offsets[name] ??= offset(value);
      }
    }
    for (const [name, slot] of Object.entries(slots)) offsets[name] ??= offset(slot);
    return module;
  }

  /** @param {WebAssembly.Module} module @returns {Symbols} those that it names */
  #symbolsOfModule(module) {
    const {addresses, slots} = this.#symbols;
    const symbols = {addresses: {}, slots: {}};
    for (const {name} of
      [...WebAssembly.Module.imports(module), ...WebAssembly.Module.exports(module)]) {
      if (slots[name] !== undefined) symbols.slots[name] = slots[name];
      else if (addresses[name] !== undefined) symbols.addresses[name] = addresses[name];
    }
    return symbols;
  }

  /** Makes a symbol importable, if the main module has it. */
  define(name, imports, table) {
    define(name, this.#symbols, imports, table);
  }

  /** @param {string} library its name @returns {Symbols} what it was given, for expect() */
  symbolsOf(library) {
    return this.#given.get(library);
  }

  /**
   * @param {Record<string, any>} exports of a library that was loaded
   * @returns {Record<string, number>} the places of its functions, for expect()
   */
  slotsOf(exports) {
    return Object.fromEntries(Object.entries(exports)
        .filter(([name, value]) => typeof value === 'function' && this.#offsets[name] !== undefined)
        .map(([name]) => [name, this.#offsets[name].value]));
  }
}
