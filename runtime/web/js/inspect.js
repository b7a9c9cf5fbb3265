// How values look in the log: Node's util.inspect (npm node-inspect-extracted), which is also what
// wrangler prints with, taught the platform objects of Deno's scripts.

import {format, inspect} from 'node-inspect-extracted';

export {format, inspect};

/** The method by which Deno's classes describe themselves: (inspect, options) => string. */
const DENO_INSPECT = Symbol.for('Deno.privateCustomInspect');

/** What createFilteredInspectProxy makes: a view of an object that prints under the object's class. */
const NOT_CUSTOM = {value: undefined, enumerable: false};

/**
 * A stand-in of a platform object that shows only some of its attributes.
 * @param {{object: object, evaluate: boolean, keys: string[]}} options `evaluate`: read the attributes
 *     (false for the prototype itself, where they throw)
 * @returns {object}
 */
export function createFilteredInspectProxy({object, evaluate, keys}) {
  const view = Object.create(Object.getPrototypeOf(object), {
    [inspect.custom]: NOT_CUSTOM,
    [DENO_INSPECT]: NOT_CUSTOM,
    [Symbol.toStringTag]: NOT_CUSTOM,
  });
  if (evaluate) {
    for (const key of keys) {
      Object.defineProperty(view, key, {value: object[key], enumerable: true});
    }
  }
  return view;
}

/**
 * Makes util.inspect use the description that a class of Deno's brings along.
 * @param {Function} constructor
 */
export function adoptInspect(constructor) {
  const {prototype} = constructor;
  if (prototype === undefined || !Object.hasOwn(prototype, DENO_INSPECT)) return;
  const describe = prototype[DENO_INSPECT];
  Object.defineProperty(prototype, inspect.custom, {
    value(depth, options) {
      if (depth < 0) return options.stylize(`[${constructor.name}]`, 'special');
      return Reflect.apply(describe, this, [inspect, {...options, depth: depth ?? null}]);
    },
    configurable: true,
    writable: true,
  });
}
