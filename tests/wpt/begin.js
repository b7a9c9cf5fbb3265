// What the tests expect of a browser's global scope and Workers do not have.

globalThis.GLOBAL = {isWindow: () => false, isWorker: () => true};
// testharness.js then takes this for a plain shell, not for a service worker with its events.
delete globalThis.ServiceWorkerGlobalScope;
{
  // Data files beside a test.
  const {fetch} = globalThis;
  globalThis.fetch = async (input, init) => {
    const name = String(input);
    return /^(\w+:|data:)/.test(name) || typeof input === 'object' ? fetch(input, init)
                                                                    : new Response(readFile(name));
  };
}
