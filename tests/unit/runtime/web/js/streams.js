test('a body of a string is a byte stream', async () => {
  const reader = new Response('abcdef').body.getReader({mode: 'byob'});
  const {value, done} = await reader.read(new Uint8Array(4));
  equal([...value], [97, 98, 99, 100]);
  equal(done, false);
});

test('pipeThrough and async iteration', async () => {
  const source = new ReadableStream({
    start(controller) {
      controller.enqueue('a');
      controller.enqueue('b');
      controller.close();
    },
  });
  const upper = new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.toUpperCase());
    },
  });
  const seen = [];
  for await (const chunk of source.pipeThrough(upper)) seen.push(chunk);
  equal(seen, ['A', 'B']);
});

test('back-pressure: pull is only called when there is room', async () => {
  let pulled = 0;
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(++pulled);
    },
  }, {highWaterMark: 2});
  await delay(5);
  equal(pulled, 2);
  const reader = stream.getReader();
  await reader.read();
  await delay(5);
  equal(pulled, 3);
});

test('errors and cancellation travel', async () => {
  let cancelled;
  const stream = new ReadableStream({cancel(reason) { cancelled = reason; }});
  await stream.cancel('enough');
  equal(cancelled, 'enough');
  const failing = new ReadableStream({start(controller) { controller.error(new RangeError('bad')); }});
  await rejects(failing.getReader().read(), 'RangeError', /bad/);
});

test('tee gives both branches everything', async () => {
  const [a, b] = new Response('xyz').body.tee();
  equal(await new Response(a).text(), 'xyz');
  equal(await new Response(b).text(), 'xyz');
});

test('ReadableStream.from, writers, strategies', async () => {
  const got = [];
  const sink = new WritableStream({write(chunk) { got.push(chunk); }}, new CountQueuingStrategy({highWaterMark: 1}));
  await ReadableStream.from([1, 2, 3]).pipeTo(sink);
  equal(got, [1, 2, 3]);
  equal(new ByteLengthQueuingStrategy({highWaterMark: 5}).highWaterMark, 5);
});

for (const format of ['gzip', 'deflate', 'deflate-raw']) {
  test(`${format} there and back`, async () => {
    const text = 'compress me '.repeat(10000);
    const packed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream(format))).arrayBuffer();
    ok(packed.byteLength < 2000, 'smaller');
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream(format));
    equal(await new Response(unpacked).text(), text);
  });
}

test('bad compressed data is refused', async () => {
  const decode = (bytes) => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).bytes();
  await rejects(decode(new Uint8Array([1, 2, 3, 4])), 'TypeError', /not valid/);
  const packed = new Uint8Array(await new Response(new Blob(['x']).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
  await rejects(decode(packed.subarray(0, 10)), 'TypeError', /too early/);
  await rejects(decode(new Uint8Array([...packed, 0])), 'TypeError', /Trailing/);
  throws(() => new CompressionStream('zip'), 'TypeError');
});
