// Structured clone: https://html.spec.whatwg.org/multipage/structured-data.html
//
// V8's serializer clones the language's values. Platform objects are ordinary JavaScript objects to
// it: a Blob comes out as an empty object, a DOMException as an Error. So after V8 made the clone,
// original and clone are walked side by side and each platform object's place in the clone is filled
// with its real clone. Sender and receiver are always in the same isolate, hence "serialize" clones at
// once and "deserialize" hands the clone out.

import {ops} from './host.js';

/** Set once core.js exists: these two modules need each other. */
let core;
let isUncloneable;

/** @param {object} theCore `__bootstrap.core` */
export function connectStructuredClone(theCore) {
  core = theCore;
  ({isUncloneable} = core.loadExtScript('ext:deno_web/13_message_port.js'));
}

/** What a message is between serialize() and deserialize(). */
class ClonedMessage {
  /** The clone. */
  value;
  /** For each place that waits for a transferred object: put the object at that place. */
  fills = [];
}

const {getPrototypeOf, getOwnPropertyDescriptor, keys} = Object;

/** Finds the platform objects in a value and replaces their places in its clone. */
class PlatformObjects {
  #message;
  #hostObjects;
  #refuse;
  /** Original → what stands for it in the clone; also ends cycles. */
  #seen = new Map();

  constructor(message, hostObjects, refuse) {
    this.#message = message;
    this.#hostObjects = hostObjects;
    this.#refuse = refuse;
  }

  /** @returns {any} what belongs in the clone at `original`'s place; V8 put `clone` there */
  visit(original, clone, place) {
    if (typeof original !== 'object' || original === null) return clone;
    const seen = this.#seen.get(original);
    if (seen !== undefined) return seen;
    const brand = original[core.hostObjectBrand];
    if (brand !== undefined) return this.#platformObject(original, brand, place);
    if (isUncloneable(original)) this.#refuse(`${original.constructor?.name} could not be cloned.`);
    this.#seen.set(original, clone);
    this.#visitInside(original, clone);
    return clone;
  }

  #platformObject(original, brand, place) {
    if (typeof brand === 'function') {
      const data = Reflect.apply(brand, original, []);
      const made = core.getCloneableDeserializers()[data.type](data);
      this.#seen.set(original, made);
      return made;
    }
    const index = this.#hostObjects.indexOf(original);
    if (index < 0) this.#refuse('Unsupported object type');
    this.#message.fills.push((received) => place(received[index]));
    return undefined;
  }

  #visitInside(original, clone) {
    if (ArrayBuffer.isView(original) || ops.isAnyArrayBuffer(original)) return;
    if (ops.isMap(original)) {
      this.#visitMap(original, clone);
    } else if (ops.isSet(original)) {
      this.#visitSet(original, clone);
    } else {
      for (const key of keys(original)) {
        // A getter ran once, in V8's serializer; what it returned has no place in the original.
        const {value} = getOwnPropertyDescriptor(original, key) ?? {};
        if (typeof value !== 'object' || value === null) continue;
        const place = (replacement) => { clone[key] = replacement; };
        const replacement = this.visit(value, clone[key], place);
        if (replacement !== clone[key]) place(replacement);
      }
    }
  }

  // A clone's entries are in the original's order; a replaced key keeps its position.
  #visitMap(original, clone) {
    const entries = [...clone];
    let changed = false;
    let i = 0;
    for (const pair of original) {
      const entry = entries[i++];
      for (const side of [0, 1]) {
        const place = (replacement) => {
          entry[side] = replacement;
          clone.clear();
          for (const [key, value] of entries) clone.set(key, value);
        };
        const replacement = this.visit(pair[side], entry[side], place);
        if (replacement !== entry[side]) {
          entry[side] = replacement;
          changed = true;
        }
      }
    }
    if (changed) {
      clone.clear();
      for (const [key, value] of entries) clone.set(key, value);
    }
  }

  #visitSet(original, clone) {
    const members = [...clone];
    let changed = false;
    let i = 0;
    const refill = () => {
      clone.clear();
      for (const member of members) clone.add(member);
    };
    for (const value of original) {
      const at = i++;
      const place = (replacement) => {
        members[at] = replacement;
        refill();
      };
      const replacement = this.visit(value, members[at], place);
      if (replacement !== members[at]) {
        members[at] = replacement;
        changed = true;
      }
    }
    if (changed) refill();
  }
}

/** @returns {boolean} whether V8's clone is already right: no object inside, so no platform object */
function isFlat(value) {
  if (typeof value !== 'object' || value === null) return true;
  const prototype = getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  for (const key of keys(value)) {
    const {value: inside} = getOwnPropertyDescriptor(value, key);
    if (typeof inside === 'object' && inside !== null) return false;
  }
  return true;
}

function cloneMessage(value, hostObjects, arrayBuffers, refuse) {
  const message = new ClonedMessage();
  const brand = typeof value === 'object' && value !== null ? value[core.hostObjectBrand] : undefined;
  const objects = new PlatformObjects(message, hostObjects, refuse);
  const place = (replacement) => { message.value = replacement; };
  if (brand !== undefined) {
    if (arrayBuffers.length > 0) ops.structuredClone(undefined, arrayBuffers);  // detaches them
    place(objects.visit(value, undefined, place));
    return message;
  }
  message.value = ops.structuredClone(value, arrayBuffers);
  place(objects.visit(value, message.value, place));
  return message;
}

/**
 * A clone of a value; nothing is transferred.
 * @throws {TypeError} that the scripts turn into a DataCloneError
 */
export function structuredClone(value) {
  if (isFlat(value)) return ops.structuredClone(value, []);
  return cloneMessage(value, [], [], (text) => { throw new TypeError(text); }).value;
}

/**
 * @param {any} value
 * @param {{hostObjects?: object[], transferredArrayBuffers?: ArrayBuffer[]}} [options] what is moved;
 *     the array's buffers are replaced by the new ones that hold their memory
 * @param {(message: string) => never} [refuse] throws for what cannot be cloned
 * @returns {ClonedMessage}
 */
export function serialize(value, options, refuse) {
  try {
    return cloneMessage(
        value, options?.hostObjects ?? [], options?.transferredArrayBuffers ?? [], refuse);
  } catch (error) {
    if (refuse && error instanceof TypeError) refuse(error.message);
    throw error;
  }
}

/**
 * @param {ClonedMessage} message
 * @param {{hostObjects?: object[]}} [options] the received ones, in serialize()'s order
 */
export function deserialize(message, options) {
  for (const fill of message.fills) fill(options?.hostObjects ?? []);
  return message.value;
}
