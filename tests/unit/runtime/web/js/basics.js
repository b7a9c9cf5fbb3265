test('TextEncoder and TextDecoder', () => {
  const bytes = new TextEncoder().encode('\u20ac\ud83d\ude00\ud800');
  equal([...bytes], [226, 130, 172, 240, 159, 152, 128, 239, 191, 189]);
  equal(new TextDecoder().decode(bytes), '\u20ac\ud83d\ude00\ufffd');
  equal(new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])), 'A');
  equal(new TextDecoder('utf-8', {ignoreBOM: true}).decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])), '\ufeffA');
  throws(() => new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array([255])), 'TypeError');
  throws(() => new TextDecoder('no such thing'), 'RangeError');
  equal(new TextDecoder('latin1').encoding, 'windows-1252');
  equal(new TextDecoder('shift_jis').decode(new Uint8Array([0x82, 0xa0])), '\u3042');
  equal(new TextDecoder('utf-16le').decode(new Uint8Array([65, 0])), 'A');
});

test('TextDecoder reads long texts as it reads short ones', () => {
  const encoder = new TextEncoder();
  for (const piece of ['\u20ac\ud83d\ude00a', '\u00e9']) {
    const text = piece.repeat(300);
    const bytes = encoder.encode(text);
    equal(new TextDecoder().decode(bytes), text);
    equal(new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes])), text);
    equal(new TextDecoder('utf-8', {ignoreBOM: true}).decode(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes])),
      '\ufeff' + text);
    equal(new TextDecoder().decode(new Uint8Array([...bytes, 0xe2, 0x82, 0x41, 0xff])), text + '\ufffdA\ufffd');
  }
  for (const length of [255, 256, 257, 512]) {
    const bytes = new Uint8Array(length).fill(97);
    equal(new TextDecoder().decode(bytes), 'a'.repeat(length));
    bytes[length - 1] = 0x80;
    equal(new TextDecoder().decode(bytes), 'a'.repeat(length - 1) + '\ufffd');
  }
});

test('TextDecoder across chunks, encodeInto', () => {
  const decoder = new TextDecoder();
  equal(decoder.decode(new Uint8Array([226, 130]), {stream: true}), '');
  equal(decoder.decode(new Uint8Array([172]), {stream: true}), '\u20ac');
  equal(decoder.decode(), '');
  const target = new Uint8Array(4);
  equal(new TextEncoder().encodeInto('a\u20ac\u20ac', target), {read: 2, written: 4});
  equal(new TextEncoder().encodeInto('a', new Uint8Array(0)), {read: 0, written: 0});
});

test('text streams', async () => {
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array([226]));
      controller.enqueue(new Uint8Array([130, 172]));
      controller.close();
    },
  });
  let text = '';
  for await (const part of chunks.pipeThrough(new TextDecoderStream())) text += part;
  equal(text, '\u20ac');
  const encoded = ReadableStream.from(['\u20ac']).pipeThrough(new TextEncoderStream());
  equal(await new Response(encoded).text(), '\u20ac');
});

test('atob and btoa', () => {
  equal(btoa('\x00\xff~'), 'AP9+');
  equal(atob(' AP 9+\n'), '\x00\xff~');
  equal(['', 'a', 'ab', 'abc'].map(btoa), ['', 'YQ==', 'YWI=', 'YWJj']);
  equal(atob('YQ'), 'a');
  for (const bad of ['a', 'YQ=', 'Y===', 'ab*d', '\u20ac', 'YQ==Q', '=']) throws(() => atob(bad), 'InvalidCharacterError');
  throws(() => btoa('\u0100'), 'InvalidCharacterError');
});

test('structuredClone of the language', () => {
  const value = {d: new Date(5), m: new Map([[1, {a: new Set([1n])}]]), r: /x/g, e: new RangeError('no'), u: undefined, b: new Uint8Array([1, 2])};
  value.self = value;
  const clone = structuredClone(value);
  ok(clone !== value && clone.self === clone);
  equal([clone.d.getTime(), clone.r.flags, clone.e.name, clone.e.message, clone.e instanceof RangeError], [5, 'g', 'RangeError', 'no', true]);
  equal([...clone.m.get(1).a], [1n]);
  equal([...clone.b], [1, 2]);
  throws(() => structuredClone(() => 0), 'DataCloneError');
  throws(() => structuredClone({s: Symbol()}), 'DataCloneError');
  throws(() => structuredClone(), 'TypeError');
});

test('structuredClone reads a getter once', () => {
  let reads = 0;
  const clone = structuredClone({get a() { return ++reads; }, b: {}});
  equal([clone.a, reads], [1, 1]);
});

test('structuredClone of platform objects, wherever they are', async () => {
  const blob = new Blob(['x'], {type: 'a/b'});
  const clone = structuredClone({list: [blob, new File(['yz'], 'f')], m: new Map([[blob, new DOMException('m', 'AbortError')]]), same: blob, s: new Set([blob])});
  const copy = clone.list[0];
  equal([copy.constructor.name, copy.type, await copy.text()], ['Blob', 'a/b', 'x']);
  equal([clone.list[1].name, await clone.list[1].text()], ['f', 'yz']);
  ok(clone.same === copy && clone.m.has(copy) && clone.s.has(copy) && copy !== blob);
  const error = clone.m.get(copy);
  ok(error instanceof DOMException);
  equal([error.name, error.code], ['AbortError', 20]);
  equal(await structuredClone(blob).text(), 'x');
  throws(() => structuredClone(new Response('x')), 'DataCloneError');
  throws(() => structuredClone({deep: [new URL('http://h/')]}), 'DataCloneError');
  throws(() => structuredClone(new MessageChannel().port1), 'DataCloneError');
});

test('structuredClone transfers', async () => {
  const buffer = new ArrayBuffer(8);
  const clone = structuredClone({buffer}, {transfer: [buffer]});
  equal([buffer.byteLength, clone.buffer.byteLength, buffer.detached], [0, 8, true]);
  throws(() => structuredClone(buffer, {transfer: [buffer]}), 'DataCloneError');
  const stream = new Response('through').body;
  const moved = structuredClone(stream, {transfer: [stream]});
  ok(stream.locked);
  equal(await new Response(moved).text(), 'through');
});

test('events', () => {
  const target = new EventTarget();
  const seen = [];
  const listener = {handleEvent(event) { seen.push([event.type, event.detail, this === listener]); }};
  target.addEventListener('x', listener);
  target.addEventListener('x', () => seen.push('once'), {once: true});
  target.dispatchEvent(new CustomEvent('x', {detail: 7}));
  target.dispatchEvent(new Event('x'));
  target.removeEventListener('x', listener);
  target.dispatchEvent(new Event('x'));
  equal(seen, [['x', 7, true], 'once', ['x', undefined, true]]);
  const event = new Event('y', {cancelable: true});
  target.addEventListener('y', (e) => e.preventDefault());
  equal(target.dispatchEvent(event), false);
  equal(new MessageEvent('m', {data: 1}).data, 1);
  equal(new ErrorEvent('e', {message: 'w'}).message, 'w');
});

test('abort', async () => {
  const controller = new AbortController();
  let told = 0;
  controller.signal.addEventListener('abort', () => told++);
  controller.abort();
  controller.abort();
  equal([told, controller.signal.reason.name], [1, 'AbortError']);
  throws(() => controller.signal.throwIfAborted(), 'AbortError');
  equal(AbortSignal.abort('why').reason, 'why');
  const any = AbortSignal.any([AbortSignal.timeout(2), new AbortController().signal]);
  await new Promise((resolve) => any.addEventListener('abort', resolve));
  equal(any.reason.name, 'TimeoutError');
  const {abort} = new AbortController();
  throws(() => abort(), 'TypeError');
});

test('DOMException', () => {
  const error = new DOMException('m', 'DataCloneError');
  equal([error.name, error.message, error.code, error instanceof Error], ['DataCloneError', 'm', 25, true]);
  ok(error.stack.includes('basics.js'), error.stack);
});

test('random values', () => {
  const array = crypto.getRandomValues(new Uint32Array(64));
  ok(new Set(array).size > 60, 'they differ');
  const view = new Uint8Array(new ArrayBuffer(8), 4, 2);
  crypto.getRandomValues(view);
  equal([...new Uint8Array(view.buffer).subarray(0, 4)], [0, 0, 0, 0]);
  ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
  ok(crypto.randomUUID() !== crypto.randomUUID());
  throws(() => crypto.getRandomValues(new Uint8Array(65537)), 'QuotaExceededError');
  throws(() => crypto.getRandomValues(new Float32Array(1)), 'TypeMismatchError');
  throws(() => new Crypto(), 'TypeError');
});

test('performance and navigator', () => {
  const now = performance.now();
  ok(now >= 0 && performance.now() >= now);
  ok(Math.abs(performance.timeOrigin + now - Date.now()) < 1000, `${performance.timeOrigin}`);
  equal(navigator.userAgent, 'Cloudflare-Workers');
  ok(self === globalThis && globalThis instanceof EventTarget);
});

test('what V8 adds to a restored context is its own', () => {
  ok(/native code/.test(SharedArrayBuffer.toString()));
  ok(/native code/.test(Array.prototype.at.toString()));
  equal([1, 2, 3].at(-1), 3);
  equal([1, 2, 3].findLast((x) => x < 3), 2);
  equal(typeof Atomics.add, 'function');
  equal(structuredClone(new SharedArrayBuffer(3)).byteLength, 3);
  equal(Promise.withResolvers().promise instanceof Promise, true);
  equal('\ud800'.isWellFormed(), false);
  equal(typeof __host, 'undefined');
});

test('classes and functions of the global scope have their own names', () => {
  const wrong = [];
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = globalThis[name];
    if (typeof value === 'function' && /^[A-Z]|^(fetch|atob|btoa|structuredClone)$/.test(name)) {
      if (value.name !== name) wrong.push(`${name}: ${value.name}`);
      const tag = value.prototype?.[Symbol.toStringTag];
      if (/\d$/.test(tag ?? '')) wrong.push(`${name}: ${tag}`);
    }
  }
  equal(wrong, []);
});
