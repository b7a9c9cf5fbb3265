// ReadableStream.from(): https://streams.spec.whatwg.org/#rs-from

const all = async (stream) => {
  const values = [];
  for await (const value of stream) values.push(value);
  return values;
};

/** An iterable that tells what was asked of it. */
function iterable(kind, values, extra = {}) {
  const asked = [];
  let at = 0;
  const iterator = {
    next() {
      asked.push('next');
      return at < values.length ? {value: values[at++], done: false} : {value: 'ignored', done: true};
    },
    return(reason) {
      asked.push(['return', reason]);
      return {};
    },
    ...extra,
  };
  return {asked, [kind]: () => iterator};
}

test('from what can be iterated over', async () => {
  equal(await all(ReadableStream.from([1, 2])), [1, 2]);
  equal(await all(ReadableStream.from(new Set(['x']))), ['x']);
  equal(await all(ReadableStream.from((function* () { yield 1; yield 2; })())), [1, 2]);
  equal(await all(ReadableStream.from((async function* () { yield 1; yield Promise.resolve(2); })())), [1, 2]);
  equal(await all(ReadableStream.from(ReadableStream.from([3]))), [3]);
  equal(await all(ReadableStream.from([Promise.resolve(4)])), [4]);
  equal(await all(ReadableStream.from(iterable(Symbol.asyncIterator, [5]))), [5]);
  equal(await all(ReadableStream.from([])), []);
});

test('from what cannot', () => {
  for (const bad of [null, undefined, 1, true, 'text', {}, {[Symbol.iterator]: 1}, {[Symbol.asyncIterator]: () => 1}]) {
    throws(() => ReadableStream.from(bad), 'TypeError');
  }
  throws(() => ReadableStream.from(), 'TypeError');
  const failing = {[Symbol.iterator]() { throw new RangeError('none'); }};
  throws(() => ReadableStream.from(failing), 'RangeError', /none/);
});

test('the asynchronous way comes first', async () => {
  const both = iterable(Symbol.asyncIterator, ['async']);
  both[Symbol.iterator] = () => { throw new Error('not this'); };
  equal(await all(ReadableStream.from(both)), ['async']);
});

test('it asks for no more than is read', async () => {
  const lazy = iterable(Symbol.iterator, [1, 2, 3]);
  const reader = ReadableStream.from(lazy).getReader();
  await delay(1);
  equal(lazy.asked, []);
  equal((await reader.read()).value, 1);
  await delay(1);
  equal(lazy.asked, ['next']);
});

for (const kind of [Symbol.iterator, Symbol.asyncIterator]) {
  test(`cancel calls return() with the reason: ${String(kind)}`, async () => {
    const cancelled = iterable(kind, [1, 2]);
    const reader = ReadableStream.from(cancelled).getReader();
    await reader.read();
    await reader.cancel('enough');
    // A synchronous iterator is behind one of the language's, which passes the reason on as well.
    equal(cancelled.asked, ['next', ['return', 'enough']]);
  });
}

test('cancel without return(), and with one that fails', async () => {
  await ReadableStream.from(iterable(Symbol.iterator, [1], {return: undefined})).cancel('x');
  const failing = iterable(Symbol.asyncIterator, [1], {return() { throw new RangeError('no'); }});
  await rejects(ReadableStream.from(failing).cancel('x'), 'RangeError', /no/);
  const noObject = iterable(Symbol.asyncIterator, [1], {return: () => 1});
  await rejects(ReadableStream.from(noObject).cancel('x'), 'TypeError');
});

test('what an iterator throws is why the stream fails', async () => {
  const failing = (async function* () {
    yield 1;
    throw new RangeError('broken');
  })();
  const reader = ReadableStream.from(failing).getReader();
  equal((await reader.read()).value, 1);
  await rejects(reader.read(), 'RangeError', /broken/);
  const noObject = iterable(Symbol.asyncIterator, [], {next: () => 1});
  await rejects(ReadableStream.from(noObject).getReader().read(), 'TypeError');
});

test('leaving a loop over a stream cancels it, preventCancel does not', async () => {
  const left = iterable(Symbol.iterator, [1, 2]);
  for await (const value of ReadableStream.from(left)) if (value) break;
  equal(left.asked, ['next', ['return', undefined]]);
  const kept = iterable(Symbol.iterator, [1, 2]);
  const stream = ReadableStream.from(kept);
  for await (const value of stream.values({preventCancel: true})) if (value) break;
  equal(await all(stream), [2]);
});
