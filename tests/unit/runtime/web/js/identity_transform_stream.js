const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (string) => new TextEncoder().encode(string);

test('an IdentityTransformStream is a TransformStream of bytes', async () => {
  const stream = new IdentityTransformStream();
  ok(stream instanceof TransformStream && stream instanceof IdentityTransformStream, 'what it is');
  ok(stream.readable instanceof ReadableStream && stream.writable instanceof WritableStream, 'its ends');
  ok(stream.readable === stream.readable, 'the same end each time');
  const writer = stream.writable.getWriter();
  const sent = bytes('abc');
  const written = Promise.all([writer.write(sent), writer.write('d\u00e4'), writer.write(bytes('fgh').buffer),
    writer.write(new DataView(bytes('-ij-').buffer, 1, 2)), writer.write(''), writer.close()]);
  equal(await new Response(stream.readable).text(), 'abcd\u00e4fghij');
  await written;
  equal(text(sent), 'abc');  // the writer's memory stays the writer's
});

test('what is not bytes is refused at both ends', async () => {
  const {readable, writable} = new IdentityTransformStream();
  const read = readable.getReader().read();
  await rejects(writable.getWriter().write(7), 'TypeError', /used as a byte stream/);
  await rejects(read, 'TypeError', /used as a byte stream/);
});

test('a write is done when it was read, not before', async () => {
  const {readable, writable} = new IdentityTransformStream();
  const order = [];
  const writer = writable.getWriter();
  const written = writer.write('ab').then(() => order.push('written'));
  const reader = readable.getReader({mode: 'byob'});
  await delay(1);
  equal(text((await reader.read(new Uint8Array(1))).value), 'a');
  order.push('first byte');
  equal(text((await reader.read(new Uint8Array(9))).value), 'b');
  await written;
  equal(order, ['first byte', 'written']);
});

test('a reader that came first is served by the write', async () => {
  const {readable, writable} = new IdentityTransformStream();
  const reader = readable.getReader();
  const reads = [reader.read(), reader.read(), reader.read()];
  const writer = writable.getWriter();
  await Promise.all([writer.write('a'), writer.write('b'), writer.close()]);
  equal((await Promise.all(reads)).map(({value, done}) => done ? null : text(value)), ['a', 'b', null]);
});

test('the end reaches a reader with a buffer of its own', async () => {
  const {readable, writable} = new IdentityTransformStream();
  const reader = readable.getReader({mode: 'byob'});
  const read = reader.read(new Uint8Array(4));
  await writable.close();
  const {value, done} = await read;
  equal([value.byteLength, value.buffer.byteLength, done], [0, 4, true]);
  await reader.closed;
});

test('readAtLeast waits for so many elements', async () => {
  const {readable, writable} = new IdentityTransformStream();
  const writer = writable.getWriter();
  const written = (async () => {
    for (const part of ['a', 'bc', 'def', 'g']) await writer.write(part);
    await writer.close();
  })();
  const reader = readable.getReader({mode: 'byob'});
  equal(text((await reader.readAtLeast(4, new Uint8Array(5))).value), 'abcde');
  const {value, done} = await reader.readAtLeast(3, new Uint8Array(5));
  equal([text(value), done], ['fg', false]);  // less only because it ends
  const last = await reader.readAtLeast(1, new Uint8Array(5));
  equal([last.value.byteLength, last.done], [0, true]);
  await written;
  for (const least of [0, 6, -1, NaN]) {
    await rejects(reader.readAtLeast(least, new Uint8Array(5)), 'TypeError', /minimum/);
  }
});

test('read with min, in elements of the view', async () => {
  const reader = new Response(new Uint8Array([1, 0, 2, 0, 3, 0])).body.getReader({mode: 'byob'});
  const {value} = await reader.read(new Uint16Array(4), {min: 2});
  equal([...value], [1, 2, 3]);
  await rejects(reader.read(new Uint16Array(4), {min: 5}), 'RangeError');
  await rejects(reader.read(new Uint16Array(4), {min: 0}), 'TypeError');
});

test('cancelling the readable end fails the writes', async () => {
  const {readable, writable} = new IdentityTransformStream();
  const writer = writable.getWriter();
  const written = writer.write('never read');
  await readable.cancel(new RangeError('enough'));
  await rejects(written, 'RangeError', /enough/);
  await rejects(writer.write('more'), 'RangeError', /enough/);
});

test('aborting the writable end fails the reads, also when a write waits', async () => {
  for (const waits of [false, true]) {
    const {readable, writable} = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = waits ? writer.write('never read') : null;
    const aborted = writer.abort(new RangeError('stop'));
    if (written) await rejects(written, 'RangeError', /stop/);
    await aborted;
    await rejects(readable.getReader().read(), 'RangeError', /stop/);
  }
});

test('highWaterMark counts bytes', async () => {
  const writer = new IdentityTransformStream({highWaterMark: 10}).writable.getWriter();
  equal(writer.desiredSize, 10);
  const stopped = writer.write('abcd').catch((error) => error);
  equal(writer.desiredSize, 6);
  await writer.abort();
  await stopped;
});

test('between two streams of its kind, piped', async () => {
  const first = new IdentityTransformStream();
  const writer = first.writable.getWriter();
  const content = new Uint8Array(1 << 18).map((_, i) => i * 7);
  const written = (async () => {
    for (let at = 0; at < content.length; at += 50000) await writer.write(content.subarray(at, at + 50000));
    await writer.close();
  })();
  const piped = first.readable.pipeThrough(new FixedLengthStream(content.length));
  equal(await new Response(piped).bytes(), content);
  await written;
});

test('tee of the readable end', async () => {
  const {readable, writable} = new IdentityTransformStream();
  const [a, b] = readable.tee();
  const writer = writable.getWriter();
  const written = writer.write('both').then(() => writer.close());
  equal(await Promise.all([new Response(a).text(), new Response(b).text()]), ['both', 'both']);
  await written;
});

test('a FixedLengthStream takes exactly so many bytes', async () => {
  const {readable, writable} = new FixedLengthStream(5);
  const writer = writable.getWriter();
  const written = Promise.all([writer.write('ab'), writer.write('cde'), writer.close()]);
  equal(await new Response(readable).text(), 'abcde');
  await written;
  await new Response(new FixedLengthStream(0).readable).body.cancel();
});

test('too many bytes for a FixedLengthStream', async () => {
  const {readable, writable} = new FixedLengthStream(3);
  const writer = writable.getWriter();
  const got = new Response(readable).text();
  await writer.write('ab');
  await rejects(writer.write('cd'), 'TypeError', /too many bytes/);
  await rejects(got, 'TypeError', /too many bytes/);
});

test('too few bytes for a FixedLengthStream', async () => {
  const {readable, writable} = new FixedLengthStream(3n);
  const writer = writable.getWriter();
  const got = new Response(readable).text();
  await writer.write('ab');
  await rejects(writer.close(), 'TypeError', /did not see all expected bytes/);
  await rejects(got, 'TypeError', /did not see all expected bytes/);
});

test('lengths that are none', () => {
  for (const length of [-1, 1.5, 2 ** 53, NaN, undefined, 'x']) {
    throws(() => new FixedLengthStream(length), 'TypeError', /expected length/);
  }
  equal(new FixedLengthStream(5, {highWaterMark: 100}).writable.getWriter().desiredSize, 5);
});

test('classes of a Worker may derive from both', async () => {
  class Counted extends FixedLengthStream {
    constructor() {
      super(2);
    }
  }
  const {readable, writable} = new Counted();
  const writer = writable.getWriter();
  const written = writer.write('ok').then(() => writer.close());
  equal(await new Response(readable).text(), 'ok');
  await written;
  ok(new Counted() instanceof FixedLengthStream && new Counted() instanceof IdentityTransformStream, 'both');
});

test('a request is sent with the length of its FixedLengthStream', async () => {
  const {readable, writable} = new FixedLengthStream(6);
  const answer = fetch(`${shell.origin}/echo`, {method: 'POST', body: readable});
  const writer = writable.getWriter();
  await writer.write('abc');
  await writer.write('def');
  await writer.close();
  const {headers, body} = await (await answer).json();
  equal(body, 'abcdef');
  equal(headers.filter(([name]) => name === 'content-length'), [['content-length', '6']]);
  ok(!headers.some(([name]) => name === 'transfer-encoding'), 'not chunked');
});

test('a request whose FixedLengthStream ends too early fails', async () => {
  const {readable, writable} = new FixedLengthStream(6);
  const answer = fetch(`${shell.origin}/echo`, {method: 'POST', body: readable});
  const writer = writable.getWriter();
  await writer.write('abc');
  const closed = writer.close();
  await rejects(answer, 'TypeError', /did not see all expected bytes/);
  await rejects(closed, 'TypeError');
});
