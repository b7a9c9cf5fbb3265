const at = (path) => `${shell.origin}${path}`;

test('a response with its head and body', async () => {
  const response = await fetch(at('/echo?q'), {headers: {'X-Given': 'v\u00e4l'}});
  equal([response.status, response.statusText, response.ok, response.url, response.redirected], [200, 'OK', true, at('/echo?q'), false]);
  equal(response.headers.get('x-a'), 'b');
  const {method, path, headers} = await response.json();
  equal([method, path], ['GET', '/echo?q']);
  const sent = new Map(headers);
  equal(sent.get('x-given'), 'v\u00e4l');
  ok(sent.get('accept-encoding').includes('gzip'));
  throws(() => response.headers.set('a', 'b'), 'TypeError');
});

test('request bodies', async () => {
  const send = async (init) => (await fetch(at('/echo'), {method: 'POST', ...init})).json();
  const text = await send({body: 'h\u00e9'});
  const headers = new Map(text.headers);
  equal([text.body, headers.get('content-length'), headers.get('content-type')], ['h\u00c3\u00a9', '3', 'text/plain;charset=UTF-8']);
  equal((await send({body: new Uint8Array([1, 2])})).body, '\x01\x02');
  equal((await send({body: ''})).body, '');
  const streamed = await send({body: ReadableStream.from(['a', 'b', 'c'].map((x) => new TextEncoder().encode(x.repeat(50000)))), duplex: 'half'});
  equal(new Map(streamed.headers).get('transfer-encoding'), 'chunked');
  equal([streamed.body.length, streamed.body[75000]], [150000, 'b']);
  const large = 'x'.repeat(3000000);
  equal((await send({body: large})).body.length, 3000000);
  equal((await (await fetch(new Request(at('/echo'), {method: 'put', body: 'r'}))).json()).method, 'PUT');
});

test('a body stream that fails is why the fetch fails', async () => {
  const body = new ReadableStream({pull(controller) { controller.error(new RangeError('no more')); }});
  await rejects(fetch(at('/echo'), {method: 'POST', body}), 'RangeError', /no more/);
  await rejects(fetch(at('/echo'), {method: 'POST', body: ReadableStream.from(['text'])}), 'TypeError', /Uint8Array/);
});

test('a server that answers before it has the whole body', async () => {
  let cancelled = false;
  const endless = new ReadableStream({
    pull(controller) { controller.enqueue(new Uint8Array(65536)); },
    cancel() { cancelled = true; },
  });
  const response = await fetch(at('/early'), {method: 'POST', body: endless});
  equal([response.status, await response.text()], [413, 'too much']);
  await delay(5);
  ok(cancelled, 'the stream was cancelled');
});

test('redirects', async () => {
  const via = (status, init, to = '/echo') => fetch(at(`/redirect?status=${status}&to=${encodeURIComponent(to)}`), init);
  const followed = await via(302, {method: 'POST', body: 'x'});
  equal([followed.redirected, followed.url], [true, at('/echo')]);
  const got = await followed.json();
  equal([got.method, got.body, new Map(got.headers).has('content-type')], ['GET', '', false]);
  const kept = await (await via(307, {method: 'POST', body: 'x'})).json();
  equal([kept.method, kept.body], ['POST', 'x']);
  const manual = await via(301, {redirect: 'manual'});
  equal([manual.status, manual.headers.get('location')], [301, '/echo']);
  await rejects(via(301, {redirect: 'error'}), 'TypeError', /redirect/);
  await rejects(via(308, {method: 'POST', body: new Blob(['x']).stream()}), 'TypeError', /once/);
  await rejects(via(302, {}, 'ftp://x/'), 'TypeError', /not HTTP/);
  await rejects(fetch(at('/loop')), 'TypeError', /too many redirects/);
});

test('credentials stay with their origin', async () => {
  const other = shell.origin.replace('127.0.0.1', 'localhost');
  const headers = {authorization: 'secret', cookie: 'a=b', x: 'y'};
  const away = await (await fetch(at(`/redirect?status=302&to=${encodeURIComponent(`${other}/echo`)}`), {headers})).json();
  const sent = new Map(away.headers);
  equal([sent.has('authorization'), sent.has('cookie'), sent.get('x')], [false, false, 'y']);
  const home = await (await fetch(at('/redirect?status=302&to=/echo'), {headers})).json();
  equal(new Map(home.headers).get('authorization'), 'secret');
});

test('statuses without a body, and HEAD', async () => {
  const empty = await fetch(at('/status?status=204'));
  equal([empty.status, empty.body], [204, null]);
  const head = await fetch(at('/echo'), {method: 'HEAD'});
  equal([head.status, await head.text()], [200, '']);
  equal((await fetch(at('/nothing'))).status, 404);
});

test('compressed content is decoded', async () => {
  const text = await (await fetch(at('/gzip'))).text();
  equal([text.length, text.slice(0, 9)], [9000, 'unpacked ']);
  const asked = await fetch(at('/gzip'), {headers: {'accept-encoding': 'zstd'}});
  equal((await asked.text()).slice(0, 9), 'unpacked ');
  const plain = await (await fetch(at('/echo'), {headers: {'accept-encoding': 'identity'}})).json();
  equal(new Map(plain.headers).get('accept-encoding'), 'identity');
});

test('brotli is decoded where libcurl can, and asked for only there', async () => {
  const {headers} = await (await fetch(at('/echo'))).json();
  if (!/\bbr\b/.test(new Map(headers).get('accept-encoding'))) return;
  const response = await fetch(at('/brotli'));
  equal([await response.text(), response.headers.get('content-encoding')], ['hello', 'br']);
});

test('a connection is used again once its response was read', async () => {
  const port = async () => (await fetch(at('/connection'))).text();
  const first = await port();
  equal([await port(), await port()], [first, first]);
});

/** A body without end, of 64 KiB each time it is asked. */
function endless() {
  const made = {pulls: 0, cancelled: []};
  made.stream = new ReadableStream({
    pull(controller) {
      made.pulls++;
      controller.enqueue(new Uint8Array(65536));
      if (made.pulls === made.last) controller.close();
    },
    cancel(reason) {
      made.cancelled.push(reason);
    },
  });
  return made;
}

/** Until nothing more is taken from a body: for so many answers of the server. */
async function stalled(body) {
  for (let pulls = -1, same = 0; same < 20;) {
    await (await fetch(at('/connection'))).text();
    same = body.pulls === pulls ? same + 1 : 0;
    pulls = body.pulls;
  }
}

test('a server that does not read holds the upload back', async () => {
  const body = endless();
  const answer = fetch(at('/held'), {method: 'POST', body: body.stream});
  await stalled(body);
  ok(body.pulls < 400, `${body.pulls} pieces of 64 KiB were taken`);
  body.last = body.pulls + 100;
  await fetch(at('/release'));
  equal(await (await answer).text(), String(body.last * 65536));
});

test('abort during an upload: the body is cancelled, the connection cut', async () => {
  const body = endless();
  const controller = new AbortController();
  const answer = fetch(at('/held'), {method: 'POST', body: body.stream, signal: controller.signal});
  await stalled(body);
  controller.abort(new RangeError('no longer'));
  await rejects(answer, 'RangeError', /no longer/);
  await fetch(at('/release'));
  while (await (await fetch(at('/broken-uploads'))).text() !== '1') await delay(0);
  equal(body.cancelled.length, 1);
});

test("nobody may change the headers of what the network gave", async () => {
  const {headers} = await fetch(at('/echo'));
  for (const change of [
    () => headers.set('a', 'b'), () => headers.append('a', 'b'), () => headers.delete('x-a'),
  ]) {
    throws(change, 'TypeError', /immutable|[Ii]mmutable/);
  }
  const own = new Headers(headers);
  own.set('x-a', 'changed');
  equal([own.get('x-a'), headers.get('x-a')], ['changed', 'b']);
  const again = new Response(null, {headers});
  again.headers.set('x-a', 'changed');
  throws(() => Response.error().headers.set('a', 'b'), 'TypeError');
  throws(() => Response.redirect('https://h/').headers.set('a', 'b'), 'TypeError');
});

test('navigator', async () => {
  equal([navigator.userAgent, navigator.hardwareConcurrency, navigator.platform, navigator.language, navigator.languages],
      ['Cloudflare-Workers', 1, '', 'en', ['en']]);
  equal(navigator.sendBeacon(at('/echo'), 'told'), true);
});

test('a body comes in chunks', async () => {
  const response = await fetch(at('/chunks'));
  equal(await response.clone().text(), 'one two three');
  let text = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) text += part;
  equal(text, 'one two three');
});

test('a slow reader holds the sender back', async () => {
  const response = await fetch(at('/big'));
  const reader = response.body.getReader();
  let received = (await reader.read()).value.byteLength;
  await delay(50);
  const sent = Number(await (await fetch(at('/sent'))).text());
  ok(sent < 24 * 1024 * 1024, `${sent} bytes sent, ${received} read`);
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    received += value.byteLength;
  }
  equal(received, 32 * 1024 * 1024);
});

test('abort before, while waiting, and while reading', async () => {
  await rejects(fetch(at('/echo'), {signal: AbortSignal.abort()}), 'AbortError');
  await rejects(fetch(at('/never'), {signal: AbortSignal.timeout(20)}), 'TimeoutError');
  const controller = new AbortController();
  const response = await fetch(at('/big'), {signal: controller.signal});
  const reader = response.body.getReader();
  await reader.read();
  controller.abort(new RangeError('enough'));
  await rejects((async () => { while (!(await reader.read()).done); })(), 'RangeError', /enough/);
  const cancelled = await fetch(at('/big'));
  await cancelled.body.cancel();
});

test('what cannot be reached', async () => {
  await rejects(fetch('http://127.0.0.1:1/'), 'TypeError', /fetch failed: .*http:\/\/127\.0\.0\.1:1\//);
  await rejects(fetch('nonsense'), 'TypeError', /Invalid URL/);
  await rejects(fetch('file:///etc/passwd'), 'TypeError', /cannot load/);
  await rejects((await fetch(at('/cut'))).text(), 'TypeError', /connection lost/);
});

test('many at once', async () => {
  const all = await Promise.all(Array.from({length: 100}, (_, i) => fetch(at(`/echo?${i}`)).then((response) => response.json())));
  equal(all.map(({path}) => path), Array.from({length: 100}, (_, i) => `/echo?${i}`));
});

test('blob URLs', async () => {
  const url = URL.createObjectURL(new Blob(['b'], {type: 'x/y'}));
  const response = await fetch(url);
  equal([await response.clone().text(), response.headers.get('content-type')], ['b', 'x/y']);
  URL.revokeObjectURL(url);
});
