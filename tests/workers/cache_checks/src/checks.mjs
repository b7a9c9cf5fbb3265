// What JavaScript sees of the caches. Each function is one check; what it returns is the test's to judge.

const URL_OF = (name) => `https://cache.test/${name}`;

/** @param {() => Promise<any>} call @returns {Promise<string>} what it fails with */
async function problem(call) {
  try {
    await call();
    return '';
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const page = (headers = {}, body = 'page', status = 200) =>
    new Response(body, {status, headers: {'cache-control': 'max-age=3600', ...headers}});

/** A request for the URL with the conditions of another request's headers. */
export function requestFor(url, headers) {
  const asked = new Request(url);
  for (const name of ['if-none-match', 'if-modified-since', 'if-range', 'range']) {
    if (headers.has(name)) asked.headers.set(name, headers.get(name));
  }
  return asked;
}

const ask = (name, headers = {}) => caches.default.match(new Request(URL_OF(name), {headers}));

async function describe(response) {
  if (response === undefined) return null;
  const headers = ['cf-cache-status', 'content-length', 'content-range', 'content-type'];
  return [response.status, await response.text(),
    ...headers.map((name) => response.headers.get(name)).filter((value) => value !== null)];
}

export async function classes() {
  const named = await caches.open('classes');
  return {
    names: [caches.constructor.name, caches.default.constructor.name, named.constructor.name],
    same: [caches.default === caches.default, named === await caches.open('classes')],
    problems: [await problem(async () => new Cache()), await problem(async () => new CacheStorage()),
      await problem(() => caches.open('n'.repeat(1025)))],
  };
}

export async function pages() {
  const {default: cache} = caches;
  const before = await cache.match(URL_OF('a'));
  await cache.put(URL_OF('a?x=1#part'), page({'content-type': 'text/x', 'x-a': 'é'.normalize('NFD')[0]}));
  await cache.put(new URL(URL_OF('empty')), page({}, null, 404));
  const found = await cache.match(new Request(URL_OF('a?x=1')));
  const immutable = await problem(async () => found.headers.set('x', 'y'));
  const named = await caches.open('pages');
  await named.put(URL_OF('a?x=1'), page({}, 'named'));
  await cache.put(URL_OF('a?x=1'), page({'content-type': 'text/x'}, 'again'));
  return {
    before: before === undefined,
    found: await describe(found),
    immutable,
    empty: await describe(await cache.match(URL_OF('empty'))),
    again: await describe(await cache.match(URL_OF('a?x=1'))),
    other: await describe(await cache.match(URL_OF('a'))),
    named: await (await named.match(URL_OF('a?x=1'))).text(),
    deleted: [await cache.delete(URL_OF('a?x=1')), await cache.delete(URL_OF('a?x=1')),
      await cache.match(URL_OF('a?x=1')) === undefined, await named.match(URL_OF('a?x=1')) !== undefined],
  };
}

export async function methods() {
  const {default: cache} = caches;
  await cache.put(URL_OF('methods'), page());
  const post = () => new Request(URL_OF('methods'), {method: 'POST', body: 'x'});
  return {
    ignored: [await cache.match(post()) === undefined, await cache.delete(post())],
    taken: [await (await cache.match(post(), {ignoreMethod: true})).text(),
      await cache.delete(post(), {ignoreMethod: true})],
    refused: await problem(() => cache.put(post(), page())),
  };
}

export async function refusals() {
  const put = (response) => problem(() => caches.default.put(URL_OF('refused'), response));
  const used = page();
  await used.text();
  return [await put(page({}, 'x', 206)), await put(page({vary: 'accept, *'})), await put(used),
    await put('text'), await problem(() => caches.default.put('no address', page())),
    await ask('refused') === undefined];
}

/** Which headers let a response be kept. */
export async function storable() {
  const past = new Date(Date.now() - 1000).toUTCString();
  const future = new Date(Date.now() + 3_600_000).toUTCString();
  const cases = {
    'no directives': {},
    'max-age': {'cache-control': 'max-age=60'},
    'quoted': {'cache-control': 'max-age="60"'},
    'zero': {'cache-control': 'max-age=0'},
    'not a number': {'cache-control': 'max-age=soon'},
    's-maxage over max-age': {'cache-control': 'max-age=60, s-maxage=0'},
    'max-age 0 under s-maxage': {'cache-control': 's-maxage=60, max-age=0'},
    'no-store': {'cache-control': 'No-Store, max-age=60'},
    'no-cache': {'cache-control': 'no-cache, max-age=60'},
    'private': {'cache-control': 'private, max-age=60'},
    'expires later': {expires: future},
    'expired': {expires: past},
    'expires is no date': {expires: '0'},
    'max-age over expires': {'cache-control': 'max-age=60', expires: past},
    'a cookie': {'cache-control': 'max-age=60', 'set-cookie': 'a=b'},
    'a private cookie': {'cache-control': 'max-age=60, private=Set-Cookie', 'set-cookie': 'a=b'},
  };
  const kept = {};
  for (const [name, headers] of Object.entries(cases)) {
    await caches.default.put(URL_OF(name), new Response(name, {headers}));
    const found = await ask(name);
    kept[name] = found === undefined ? false : found.headers.get('set-cookie') ?? true;
  }
  for (const status of [301, 404, 410, 403, 500]) {
    await caches.default.put(URL_OF(status), new Response('', {status}));
    kept[status] = await ask(`${status}`) !== undefined;
  }
  const headers = {authorization: 'Bearer x'};
  for (const directive of ['max-age=60', 'public, max-age=60', 's-maxage=60']) {
    const request = new Request(URL_OF(directive), {headers});
    await caches.default.put(request, new Response('', {headers: {'cache-control': directive}}));
    kept[`authorized: ${directive}`] = await caches.default.match(request) !== undefined;
  }
  return kept;
}

export async function conditions() {
  const modified = 'Wed, 21 Oct 2026 07:28:00 GMT';
  await caches.default.put(URL_OF('c'), page({etag: 'W/"v1"', 'last-modified': modified}));
  const status = async (headers) => (await ask('c', headers)).status;
  return [
    await status({'if-none-match': '"v0", "v1"'}), await status({'if-none-match': 'W/"v1"'}),
    await status({'if-none-match': '*'}), await status({'if-none-match': '"v0"'}),
    await status({'if-modified-since': modified}),
    await status({'if-modified-since': 'Tue, 20 Oct 2026 07:28:00 GMT'}),
    await status({'if-modified-since': 'tomorrow'}),
    await status({'if-none-match': '"v0"', 'if-modified-since': modified}),
  ];
}

export async function ranges() {
  await caches.default.put(URL_OF('r'), page({etag: '"v1"'}, '0123456789'));
  const range = async (value, more = {}) => describe(await ask('r', {range: value, ...more}));
  return [
    await range('bytes=2-4'), await range('bytes=7-'), await range('bytes=-3'), await range('bytes=8-99'),
    await range('bytes=10-'), await range('bytes=5-2'), await range('bytes=0-1,4-5'),
    await range('bytes=0-1', {'if-range': '"v0"'}), await range('bytes=0-1', {'if-range': '"v1"'}),
  ];
}

/** A body that fails leaves what was there. */
export async function brokenBody() {
  await caches.default.put(URL_OF('b'), page({}, 'before'));
  const failing = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('half'));
    },
    pull(controller) {
      controller.error(new Error('the source broke'));
    },
  });
  return [await problem(() => caches.default.put(URL_OF('b'), page({}, failing))),
    await (await ask('b')).text()];
}

/** What another tool has left in the state, and something for it. */
export async function peer() {
  const named = await caches.open('a/b');
  const found = [await caches.default.match('https://cache.test/theirs?é'),
    await named.match('https://cache.test/named')];
  await named.put('https://cache.test/peer', page({'x-from': 'cwrangler'}, 'peer'));
  return Promise.all(found.map(async (response) => response === undefined ? null : [
    response.status, await response.text(), response.headers.get('x-from'),
    response.headers.get('cf-cache-status')]));
}
