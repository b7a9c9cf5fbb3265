// What the caches say to a module's top level, where the test has it imported by the Worker's.

const PAGE = 'https://cache.test/early';

const told = Promise.allSettled([
  caches.default.match(PAGE),
  caches.default.put(PAGE, new Response('x')),
  caches.default.delete(PAGE),
]);

export async function early() {
  return (await told).map(({reason}) => reason?.message.match(/Disallowed.*?scope\./)?.[0]);
}
