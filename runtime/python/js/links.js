// Symbols of a main module that was linked ahead of time (runtime/python/releases/linked_glue.mjs). The
// loader's records of them are made when a side module, or dlsym(), asks for a symbol.

/** @typedef {Record<string, WebAssembly.Global>} GlobalOffsets Emscripten's GOT: addresses by symbol */

/** @param {number} value @returns {WebAssembly.Global} as the loader makes them for its GOT */
const offset = (value) => new WebAssembly.Global({value: 'i32', mutable: true}, value);

/** The symbols of one interpreter's main module. */
export class Links {
  #read;
  /** @type {{addresses: Record<string, number>, slots: Record<string, number>} | undefined} */
  #known;
  /** @type {Record<string, number>} */
  #expected = {};
  /** @type {GlobalOffsets | undefined} */
  #offsets;

  /** @param {() => string} read the release's symbols.json */
  constructor(read) {
    this.#read = read;
  }

  get #symbols() {
    return this.#known ??= JSON.parse(this.#read());
  }

  /** Names places for functions that the next library has. @param {Record<string, number>} slots */
  expect(slots) {
    this.#expected = slots;
  }

  /**
   * Before a side module is loaded: what it imports, and what it has a symbol of the same name for, which
   * the main module's goes before.
   * @param {Uint8Array | WebAssembly.Module} binary
   * @param {GlobalOffsets} offsets
   * @param {Record<string, any>} imports what side modules can import by name
   * @param {WebAssembly.Table} table
   * @returns {WebAssembly.Module}
   */
  prepare(binary, offsets, imports, table) {
    this.#offsets = offsets;
    const module = binary instanceof WebAssembly.Module ? binary : new WebAssembly.Module(binary);
    for (const {name} of WebAssembly.Module.imports(module)) this.#add(name, offsets, imports, table);
    for (const {name} of WebAssembly.Module.exports(module)) this.#add(name, offsets, imports, table);
    for (const [name, slot] of Object.entries(this.#expected)) offsets[name] ??= offset(slot);
    this.#expected = {};
    return module;
  }

  #add(name, offsets, imports, table) {
    this.define(name, imports, table);
    const {addresses, slots} = this.#symbols;
    const value = slots[name] ?? addresses[name];
    if (value !== undefined) offsets[name] ??= offset(value);
  }

  /** Makes a symbol importable, if the main module has it. */
  define(name, imports, table) {
    if (imports[name] !== undefined && !imports[name].stub) return;
    const {addresses, slots} = this.#symbols;
    if (slots[name] !== undefined) imports[name] = table.get(slots[name]);
    else if (addresses[name] !== undefined) {
      imports[name] = new WebAssembly.Global({value: 'i32'}, addresses[name]);
    }
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
