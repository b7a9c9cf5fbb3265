// What the tests expect of a browser's global scope and Workers do not have. `wpt` says where the tests
// are: {root, folder, base, search}, folders on the disk, the test's address on the server, its variant.

globalThis.GLOBAL = {isWindow: () => false, isWorker: () => true, isShadowRealm: () => false};
// testharness.js then takes this for a plain shell, not for a service worker with its events.
delete globalThis.ServiceWorkerGlobalScope;

/** Scripts of a test, but for what is there already. */
globalThis.importScripts = (...names) => {
  for (const name of names) {
    if (name.includes('testharness')) continue;
    (0, eval)(readFile(name.startsWith('/') ? `${wpt.root}${name}` : name));
  }
};

{
  // Addresses are relative to the page's; a Worker has none, and refuses them.
  const isRelative = (input) => typeof input === 'string' && !/^[a-z][a-z0-9+.-]*:/i.test(input);
  const resolve = (input) => {
    if (!isRelative(input)) return input;
    try {
      return new URL(input, wpt.base).href;
    } catch {
      return input;  // the class under test says what is wrong with it
    }
  };
  const resolving = (constructor) => new Proxy(constructor, {
    construct: (target, [input, ...rest], newTarget) =>
      Reflect.construct(target, [resolve(input), ...rest], newTarget),
  });
  globalThis.Request = resolving(Request);
  const {fetch} = globalThis;
  globalThis.fetch = function(input, ...rest) {
    return arguments.length === 0 ? fetch() : fetch(resolve(input), ...rest);
  };
}
