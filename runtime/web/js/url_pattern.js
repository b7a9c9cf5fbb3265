// URLPattern: https://urlpattern.spec.whatwg.org/
//
// Parsing and matching are native (url_pattern_ops.cc, ada); here are the arguments and the results.

import {core} from './core.js';
import {ops} from './host.js';
import {createFilteredInspectProxy} from './inspect.js';

const webidl = core.loadExtScript('ext:deno_webidl/00_webidl.js');

const COMPONENTS = [
  'protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash',
];
/** As the native code wants a dictionary of strings: a list in this order. */
const INIT = [...COMPONENTS, 'baseURL'];

const toInitDictionary = webidl.createDictionaryConverter(
    'URLPatternInit', INIT.map((key) => ({key, converter: webidl.converters.USVString})));
const toOptions = webidl.createDictionaryConverter(
    'URLPatternOptions',
    [{key: 'ignoreCase', converter: webidl.converters.boolean, defaultValue: false}]);

/** The dictionary or the string of the union URLPatternInput. */
function toInput(value, prefix, context) {
  return value === undefined || value === null || typeof value === 'object' || typeof value === 'function'
      ? toInitDictionary(value, prefix, context)
      : webidl.converters.USVString(value, prefix, context);
}

const toNative = (input) => typeof input === 'string' ? input : INIT.map((key) => input[key]);

const describe = ({input, base}) => {
  const text = typeof input === 'string' ? `'${input}'` : JSON.stringify(input);
  return base === undefined ? text : `${text} with the base URL '${base}'`;
};

/** A dictionary has its own member for the base. */
function baseTwice(prefix) {
  return new TypeError(`${prefix}: the base URL belongs into the dictionary, as baseURL`);
}

/** The result of one component, from [input, names…, values…]. */
function componentResult([input, ...rest]) {
  const groups = {};
  const count = rest.length / 2;
  for (let i = 0; i < count; i++) groups[rest[i]] = rest[count + i];
  return {input, groups};
}

class URLPattern {
  #handle;
  #parts;

  /**
   * @param {string | object} [input]
   * @param {string | {ignoreCase?: boolean}} [baseOrOptions] the options when it is an object
   * @param {{ignoreCase?: boolean}} [options]
   */
  constructor(input = {}, baseOrOptions = undefined, options = undefined) {
    const prefix = "Failed to construct 'URLPattern'";
    const hasBase = arguments.length > 2 ||
        baseOrOptions !== undefined && baseOrOptions !== null && typeof baseOrOptions !== 'object';
    const parsed = {
      input: toInput(input, prefix, 'Argument 1'),
      base: hasBase ? webidl.converters.USVString(baseOrOptions, prefix, 'Argument 2') : undefined,
    };
    const {ignoreCase} = toOptions(
        hasBase ? options : baseOrOptions, prefix, `Argument ${hasBase ? 3 : 2}`);
    if (hasBase && typeof parsed.input !== 'string') throw baseTwice(prefix);
    this.#handle = ops.urlPatternNew(toNative(parsed.input), parsed.base, ignoreCase);
    if (this.#handle === undefined) {
      throw new TypeError(`${prefix}: not a valid pattern: ${describe(parsed)}`);
    }
    this.#parts = ops.urlPatternDescribe(this.#handle);
  }

  /** @returns {{input: string | object, base: string | undefined}} the arguments of test and exec */
  #arguments(name, input, base) {
    const prefix = `Failed to execute '${name}' on 'URLPattern'`;
    const parsed = {
      input: toInput(input, prefix, 'Argument 1'),
      base: base === undefined ? undefined : webidl.converters.USVString(base, prefix, 'Argument 2'),
    };
    if (parsed.base !== undefined && typeof parsed.input !== 'string') throw baseTwice(prefix);
    return parsed;
  }

  /** @param {string | object} [input] @param {string} [baseURL] @returns {boolean} */
  test(input = {}, baseURL = undefined) {
    const parsed = this.#arguments('test', input, baseURL);
    return ops.urlPatternTest(this.#handle, toNative(parsed.input), parsed.base);
  }

  /** @param {string | object} [input] @param {string} [baseURL] @returns {object | null} */
  exec(input = {}, baseURL = undefined) {
    const parsed = this.#arguments('exec', input, baseURL);
    const match = ops.urlPatternExec(this.#handle, toNative(parsed.input), parsed.base);
    if (match === null) return null;
    const given = typeof parsed.input === 'string' ? parsed.input : {...parsed.input};
    const result = {inputs: parsed.base === undefined ? [given] : [given, parsed.base]};
    COMPONENTS.forEach((name, i) => { result[name] = componentResult(match[i]); });
    return result;
  }

  get protocol() {
    return this.#parts[0];
  }
  get username() {
    return this.#parts[1];
  }
  get password() {
    return this.#parts[2];
  }
  get hostname() {
    return this.#parts[3];
  }
  get port() {
    return this.#parts[4];
  }
  get pathname() {
    return this.#parts[5];
  }
  get search() {
    return this.#parts[6];
  }
  get hash() {
    return this.#parts[7];
  }

  /** Whether a part has a group with a regular expression: `(…)`, but not `:name` or `*`. */
  get hasRegExpGroups() {
    return this.#parts[8];
  }

  [Symbol.for('Deno.privateCustomInspect')](inspect, options) {
    const view = createFilteredInspectProxy({
      object: this,
      evaluate: #parts in this,
      keys: [...COMPONENTS, 'hasRegExpGroups'],
    });
    return inspect(view, options);
  }
}

webidl.configureInterface(URLPattern);

export {URLPattern};
