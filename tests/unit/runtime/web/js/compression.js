// CompressionStream and DecompressionStream: https://compression.spec.whatwg.org/

const FORMATS = ['gzip', 'deflate', 'deflate-raw'];
const through = (stream, ...chunks) => new Response(ReadableStream.from(chunks).pipeThrough(stream)).bytes();
const packed = (format, text) => through(new CompressionStream(format), new TextEncoder().encode(text));
const unpacked = async (format, ...chunks) =>
    new TextDecoder().decode(await through(new DecompressionStream(format), ...chunks));

for (const format of FORMATS) {
  test(`${format}: byte by byte, and nothing at all`, async () => {
    const bytes = await packed(format, 'some text');
    equal(await unpacked(format, ...Array.from(bytes, (byte) => new Uint8Array([byte]))), 'some text');
    equal(await unpacked(format, await packed(format, '')), '');
  });

  test(`${format}: data cut anywhere is too short`, async () => {
    const bytes = await packed(format, 'some text that is longer, so that it is worth it, some text');
    for (let length = 0; length < bytes.length; length++) {
      await rejects(unpacked(format, bytes.subarray(0, length)), 'TypeError', /too early/);
    }
  });

  test(`${format}: bytes behind the end are an error, in the same chunk or the next`, async () => {
    const bytes = await packed(format, 'text');
    await rejects(unpacked(format, new Uint8Array([...bytes, 0])), 'TypeError', /Trailing/);
    await rejects(unpacked(format, bytes, new Uint8Array([1])), 'TypeError', /Trailing/);
    equal(await unpacked(format, bytes, new Uint8Array(0)), 'text');
  });

  test(`${format}: what is no bytes`, async () => {
    for (const bad of ['text', 1, null, undefined, {}, [1]]) {
      for (const stream of [new CompressionStream(format), new DecompressionStream(format)]) {
        const writer = stream.writable.getWriter();
        const read = stream.readable.getReader().read();
        await rejects(writer.write(bad), 'TypeError');
        await rejects(read, 'TypeError');
      }
    }
  });

  test(`${format}: every kind of buffer`, async () => {
    const bytes = new TextEncoder().encode('12345678');
    const kinds = [bytes, bytes.buffer, new DataView(bytes.buffer), new Uint16Array(bytes.buffer), new Float64Array(bytes.buffer)];
    const made = await through(new CompressionStream(format), ...kinds);
    equal(await unpacked(format, made.buffer), '12345678'.repeat(kinds.length));
  });
}

test('damage is found: a checksum, a length, a header, a block', async () => {
  const damaged = async (format, at) => {
    const bytes = await packed(format, 'some text to damage');
    bytes[(at + bytes.length) % bytes.length] ^= 0xFF;
    return unpacked(format, bytes);
  };
  for (const [format, at] of [['gzip', -8], ['gzip', -1], ['gzip', 0], ['gzip', 2], ['deflate', -1], ['deflate', 0]]) {
    await rejects(damaged(format, at), 'TypeError', /not valid/);
  }
  await rejects(unpacked('deflate-raw', new Uint8Array([0x07])), 'TypeError', /not valid/);  // no such block
  await rejects(unpacked('deflate', await packed('deflate-raw', 'x')), 'TypeError');
  await rejects(unpacked('gzip', await packed('deflate', 'x')), 'TypeError', /not valid/);
});

test('what a decompressor gave before the damage was read', async () => {
  const content = crypto.getRandomValues(new Uint8Array(60_000));
  const bytes = await through(new CompressionStream('gzip'), content);
  bytes[bytes.length - 8] ^= 1;  // the checksum
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  const writes = [writer.write(bytes.subarray(0, 50_000)), writer.write(bytes.subarray(50_000)), writer.close()];
  const reader = stream.readable.getReader();
  const {value} = await reader.read();
  ok(value.length > 0 && value.every((byte, i) => byte === content[i]), 'the content');
  await rejects((async () => { while (!(await reader.read()).done); })(), 'TypeError', /not valid/);
  for (const write of writes) await write.catch(() => {});
});

test('a gzip header with a name, a comment and extra fields', async () => {
  const plain = await packed('gzip', 'named');
  const header = [0x1F, 0x8B, 8, 0x1C, 0, 0, 0, 0, 0, 3, /* extra */ 2, 0, 7, 7, ...new TextEncoder().encode('name\0comment\0')];
  equal(await unpacked('gzip', new Uint8Array([...header, ...plain.subarray(10)])), 'named');
});

test('the formats have names of their own', () => {
  for (const bad of ['GZIP', 'br', 'zlib', '', undefined]) {
    throws(() => new CompressionStream(bad), 'TypeError');
    throws(() => new DecompressionStream(bad), 'TypeError');
  }
  throws(() => new CompressionStream(), 'TypeError');
});

test('cancelling a decompressor', async () => {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  await reader.cancel('enough');
  equal(await writer.write(new Uint8Array([1])).catch((error) => error), 'enough');
});
