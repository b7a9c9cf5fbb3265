// What one may do with the answer to a call before it is there: wait for it, call it, or go on to one
// of its members, as in `await env.SERVICE.first().second()`. The next call begins when the answer of
// the last one has come, without the caller waiting in between.
// https://developers.cloudflare.com/workers/runtime-apis/rpc/#promise-pipelining

/** Events and what every stub has: no methods of the other side. */
const RESERVED = new Set([
  'alarm', 'connect', 'constructor', 'dup', 'fetch', 'webSocketClose', 'webSocketError',
  'webSocketMessage',
]);

/** @param {string} name of a method or property of the other side @throws {TypeError} */
export function checkName(name) {
  if (RESERVED.has(name)) {
    throw new TypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
  }
}

/** @param {string} name @returns {TypeError} in Cloudflare's words */
export function notImplemented(name) {
  return new TypeError(`The RPC receiver does not implement the method "${name}".`);
}

/** Only for their names, which Python sees. */
class RpcPromise {}
class RpcProperty {}

/**
 * @typedef {object} Member something that the other side has under a name
 * @property {() => Promise<any>} get
 * @property {(args: any[]) => Promise<any>} call
 */

/**
 * @param {any} receiver a value of the other side, copied
 * @param {string} name
 */
function lookUp(receiver, name) {
  checkName(name);
  const isHolder = typeof receiver === 'object' || typeof receiver === 'function';
  // A stub is a function, whose own name and length are none of its members.
  const isMember = isHolder && receiver !== null &&
      Object.prototype.propertyIsEnumerable.call(receiver, name);
  if (!isMember) throw notImplemented(name);
  return receiver[name];
}

/**
 * @param {Promise<any>} promise of the value that has the member
 * @param {string} name
 * @returns {Member}
 */
function memberOf(promise, name) {
  return {
    get: async () => lookUp(await promise, name),
    call: async (args) => {
      const receiver = await promise;
      const method = lookUp(receiver, name);
      if (typeof method !== 'function') throw new TypeError(`"${name}" is not a function.`);
      return Reflect.apply(method, receiver, args);
    },
  };
}

const THENABLE = ['then', 'catch', 'finally'];

/**
 * @param {Function} constructor what it passes for
 * @param {() => Promise<any>} start gives the promise when it is needed first
 * @param {(args: any[]) => any} call
 */
function makeThenable(constructor, start, call) {
  let promise;
  const begun = () => (promise ??= start());
  return new Proxy(() => {}, {
    apply: (_, self, args) => call(args),
    get(_, name) {
      if (name === 'constructor') return constructor;
      if (name === Symbol.toStringTag) return constructor.name;
      if (typeof name === 'symbol') return undefined;
      if (THENABLE.includes(name)) return (...args) => begun()[name](...args);
      return memberProxy(() => memberOf(begun(), name));
    },
    has: (_, name) => typeof name === 'string',
  });
}

/** @param {() => Member} find @returns {any} an RpcProperty */
function memberProxy(find) {
  return makeThenable(RpcProperty, () => find().get(), (args) => pending(find().call(args)));
}

/** @param {Member} member @returns {any} what a name of a binding gives: a method or a property */
export function property(member) {
  return memberProxy(() => member);
}

/** @param {Promise<any>} promise @returns {any} what a call gives */
export function pending(promise) {
  return makeThenable(RpcPromise, () => promise,
      (args) => pending(promise.then((callee) => callee(...args))));
}
