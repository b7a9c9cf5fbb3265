// Times pieces of the web platform and gives `report` what one call of each takes, in microseconds, as
// JSON. The same script for every program that has the platform; `report` is the program's own. After
// timing.js.

'use strict';

(() => {
  const CHUNK = 64 * 1024;
  const CHUNKS = 32;

  const line = 'The quick brown fox jumps over the lazy dog, 0123456789 times. ';
  const ascii = new TextEncoder().encode(line.repeat(2 * CHUNK / line.length).slice(0, CHUNK));
  const mixed = new TextEncoder().encode('Grüße, 世界! Привет, мир. 👋 plain words after it. '.repeat(900));
  const mebibyte = new Uint8Array(16 * CHUNK);
  for (let i = 0; i < mebibyte.length; i += ascii.length) mebibyte.set(ascii, i);
  // Text that repeats exactly is no work for a compressor.
  for (let i = 0, state = 1; i < mebibyte.length; i += 7) {
    state = state * 1103515245 + 12345 & 0x7fffffff;
    mebibyte[i] = 97 + (state >> 16) % 26;
  }
  const headers = [['accept', 'text/html'], ['content-type', 'application/json'], ['x-request-id', '5f1c'],
    ['cache-control', 'no-store'], ['user-agent', 'bench/1.0']];

  /** @param {number} chunks */
  function source(chunks) {
    let given = 0;
    return new ReadableStream({
      pull(controller) {
        if (given++ === chunks) controller.close();
        else controller.enqueue(new Uint8Array(CHUNK));
      },
    });
  }

  /** @param {ReadableStream} stream @returns {Promise<number>} bytes */
  async function drain(stream) {
    let bytes = 0;
    for (const reader = stream.getReader(); ;) {
      const {done, value} = await reader.read();
      if (done) return bytes;
      bytes += value.byteLength;
    }
  }

  const target = new EventTarget();
  let heard = 0;
  target.addEventListener('ping', () => { ++heard; });
  const blob = new Blob([ascii]);

  /** One call of each, and into how many its time is divided. @type {Record<string, [() => any, number?]>} */
  const operations = {
    'new Request + new Response': [() => {
      const request = new Request('https://example.com/items/42?full=1', {headers: {accept: 'text/html'}});
      const response = new Response('hello', {headers: {'content-type': 'text/plain'}});
      return request.method.length + response.status;
    }],
    'pipeThrough, 64 KiB': [
      () => drain(source(CHUNKS).pipeThrough(new TransformStream())), CHUNKS],
    'pipeTo, 64 KiB': [() => source(CHUNKS).pipeTo(new WritableStream({write() {}})), CHUNKS],
    'gzip, 1 MiB': [() => drain(new Blob([mebibyte]).stream().pipeThrough(new CompressionStream('gzip')))],
    'TextDecoder, 64 KiB of ASCII': [() => new TextDecoder().decode(ascii).length],
    'TextDecoder, 64 KiB of mixed text': [() => new TextDecoder().decode(mixed).length],
    'new URL': [() => new URL('https://user@example.com:8080/a/b/../c?x=1&y=2#top').pathname.length],
    'new URL, searchParams': [() => {
      const url = new URL('https://example.com/items?x=1&y=2');
      url.searchParams.set('z', '3');
      return url.searchParams.get('x').length + url.href.length;
    }],
    'Headers: five, one got, one set, read': [() => {
      const all = new Headers(headers);
      all.set('x-answer', all.get('accept'));
      let length = 0;
      for (const [name, value] of all) length += name.length + value.length;
      return length;
    }],
    'Blob.text, 64 KiB': [() => blob.text()],
    'EventTarget, one event': [() => target.dispatchEvent(new Event('ping')) && heard],
    'structuredClone': [() => structuredClone({a: [1, 2, 3], b: {c: 'text', d: new Date(0)}}).a.length],
  };

  measureAll(operations).then((found) => report(JSON.stringify(found)));
})();
