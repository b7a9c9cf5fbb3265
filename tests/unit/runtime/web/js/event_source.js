/** The stream of these pieces, each a string or bytes. */
const streamOf = (...pieces) => new ReadableStream({
  type: 'bytes',
  start(controller) {
    for (const piece of pieces) {
      controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : new Uint8Array(piece));
    }
    controller.close();
  },
});

/** What a source tells until it ends: [type, data, lastEventId]. */
const heard = (source, types = ['message']) => new Promise((resolve) => {
  const events = [];
  for (const type of types) {
    source.addEventListener(type, ({data, lastEventId}) => events.push([type, data, lastEventId]));
  }
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) resolve(events);
  });
});

const next = (source, type) =>
    new Promise((resolve) => source.addEventListener(type, resolve, {once: true}));

const data = async (...pieces) =>
    (await heard(EventSource.from(streamOf(...pieces)))).map(([, data]) => data);

test('events of a stream: data, types, IDs, comments', async () => {
  const source = EventSource.from(streamOf(
      ': a comment\ndata: one\n\n', 'event: other\nid: 1\ndata: two\ndata: lines\n\n',
      'data:three\n\n', 'id\ndata:  four\n\n', 'unknown: field\ndata\n\n', 'event: none\n\n', 'data: five\n\n'));
  equal(source.readyState, EventSource.CONNECTING);
  const opened = next(source, 'open').then(() => source.readyState);
  equal(await heard(source, ['message', 'other', 'none']), [
    ['message', 'one', ''], ['other', 'two\nlines', '1'], ['message', 'three', '1'], ['message', ' four', ''],
    ['message', '', ''], ['message', 'five', ''],
  ]);
  equal([await opened, source.readyState, source.url], [EventSource.OPEN, EventSource.CLOSED, '']);
});

test('every end of line, also between two pieces', async () => {
  equal(await data('data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\ndata: e\rdata: f\n\n'),
      ['a', 'b', 'c', 'd\ne\nf']);
  equal(await data('data: a\r', '\n', '\r', '\ndata: b\r', '\r', 'data: c\n', '\n'), ['a', 'b', 'c']);
  equal(await data(...'data: a\r\n\r\ndata: b\n\n'), ['a', 'b']);
});

test('a byte order mark goes, characters may be split, what is not UTF-8 is replaced', async () => {
  equal(await data([0xEF], [0xBB, 0xBF], 'data: a\n\n'), ['a']);
  equal(await data([0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF], 'data: not a field\n\ndata: b\n\n'), ['b']);
  equal(await data('data: ', [0xC3], [0xA4, 0xFF], '\n\n'), ['\u00e4\uFFFD']);
});

test('an event without an empty line behind it is not told', async () => {
  equal(await data('data: a\n\ndata: b\n'), ['a']);
  equal(await data('data: a'), []);
  equal(await data(), []);
});

test('an ID with a NUL is none, an ID counts for what comes after', async () => {
  const source = EventSource.from(streamOf('id: 5\n\ndata: a\n\nid: x\0y\ndata: b\n\nid:\ndata: c\n\n'));
  equal(await heard(source), [['message', 'a', '5'], ['message', 'b', '5'], ['message', 'c', '']]);
});

test('the handlers that are attributes', async () => {
  const source = EventSource.from(streamOf('data: a\n\n'));
  const order = [];
  source.onopen = () => order.push('open');
  source.onmessage = (event) => order.push(event.data);
  await new Promise((resolve) => {
    source.onerror = (event) => resolve(order.push(event.error.message));
  });
  equal(order, ['open', 'a', 'The server disconnected.']);
  source.onmessage = 'no function';
  equal(source.onmessage, null);
});

test('closing cancels the stream, and nothing more is told', async () => {
  let cancelled;
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\ndata: b\n\n')),
    cancel: () => cancelled(),
  });
  const over = new Promise((resolve) => { cancelled = resolve; });
  const source = EventSource.from(stream);
  const got = [];
  source.onmessage = (event) => {
    got.push(event.data);
    source.close();
  };
  source.onerror = () => got.push('error');
  await over;
  await delay(1);
  equal(got, ['a']);
  equal(source.readyState, EventSource.CLOSED);
});

test('a stream that fails', async () => {
  const source = EventSource.from(
      new ReadableStream({start: (controller) => controller.error(new RangeError('broken'))}));
  ok((await next(source, 'error')).error instanceof RangeError, 'the error itself');
  equal(source.readyState, EventSource.CLOSED);
});

for (const way of ['ended', 'cut']) {
  test(`a connection that was ${way} is opened again, with the last ID`, async () => {
    const source = new EventSource(`${shell.origin}/events?way=${way}`);
    const states = [];
    source.onopen = () => states.push('open');
    source.onerror = () => states.push(source.readyState);
    const got = await heard(source);  // until the server answers 204
    equal(got, [['message', 'text/event-stream', '7\u00e4'], ['message', '7\u00e4', '8']]);
    equal(states, ['open', 0, 'open', 0, 2]);
    equal(source.url, `${shell.origin}/events?way=${way}`);
  });
}

test('the origin of an event is that of the server', async () => {
  const source = new EventSource(`${shell.origin}/redirect?status=302&to=/events?way=ended`);
  const {origin, type} = await next(source, 'message');
  equal([origin, type, source.url], [shell.origin, 'message', `${shell.origin}/events?way=ended`]);
  source.close();
});

for (const [path, why] of [
  ['/status?status=404', /404/], ['/status?status=204', /content type/], ['/echo', /application\/json/],
]) {
  test(`an answer that is no stream of events: ${path}`, async () => {
    const source = new EventSource(`${shell.origin}${path}`);
    const {error} = await next(source, 'error');
    ok(error.name === 'AbortError' && why.test(error.message), `${error}`);
    equal(source.readyState, EventSource.CLOSED);
  });
}

test('a server that is not there', async () => {
  const source = new EventSource('http://127.0.0.1:1/');
  ok((await next(source, 'error')).error instanceof TypeError, "fetch's error");
  equal(source.readyState, EventSource.CLOSED);
});

test('a fetcher in place of the network', async () => {
  const asked = [];
  const fetcher = {
    async fetch(url, init) {
      asked.push([url, init.headers.Accept]);
      return new Response('data: from the fetcher\n\n', {headers: {'Content-Type': 'text/event-stream'}});
    },
  };
  const source = new EventSource('https://example.com/x', {fetcher});
  equal((await next(source, 'message')).data, 'from the fetcher');
  source.close();
  equal(asked, [['https://example.com/x', 'text/event-stream']]);
});

test('what EventSource refuses', () => {
  throws(() => new EventSource('/relative'), 'SyntaxError', /URL is invalid/);
  throws(() => new EventSource('https://h/', {withCredentials: true}), 'NotSupportedError');
  throws(() => new EventSource(), 'TypeError');
  throws(() => EventSource.from('text'), 'TypeError');
  const locked = streamOf('data: a\n\n');
  locked.getReader();
  throws(() => EventSource.from(locked), 'TypeError', /locked/);
  equal([EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED], [0, 1, 2]);
});
