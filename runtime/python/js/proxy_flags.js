// What a proxy of a Python object can do: whether it can be called, iterated over, awaited and so on.
// Pyodide asks Python some twenty questions to find out, for each proxy that it makes, which is most of
// what a proxy costs. For the types that are proxied most the answers are always the same.

/** Offsets in CPython's structures on a machine of 32 bits. */
const TYPE = 4;  // PyObject.ob_type
const NAME = 12;  // PyTypeObject.tp_name

/** Types of Python itself whose objects cannot differ in it; their addresses are never reused. */
const ALIKE = new Set([
  'builtin_function_or_method', 'bytes', 'coroutine', 'dict', 'function', 'list', 'method', 'tuple',
]);

export class ProxyFlags {
  /** @type {Map<number, number | undefined>} by the address of the type; undefined: ask each time */
  #known = new Map();

  /**
   * @param {object} module Emscripten's
   * @param {(object: number, isJson: number) => number} ask Python
   * @param {number} object its address
   * @param {number} isJson whether the proxy is to behave as what JSON.parse() returns
   * @returns {number} the flags; -1 when Python has raised an exception
   */
  of(module, ask, object, isJson) {
    if (isJson) return ask(object, isJson);
    const type = module.HEAPU32[(object + TYPE) >>> 2];
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const flags = ask(object, isJson);
    if (!this.#known.has(type)) {
      const name = module.UTF8ToString(module.HEAPU32[(type + NAME) >>> 2]);
      this.#known.set(type, ALIKE.has(name) && flags !== -1 ? flags : undefined);
    }
    return flags;
  }
}
