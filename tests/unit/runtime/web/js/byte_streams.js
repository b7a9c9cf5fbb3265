// Readable byte streams: https://streams.spec.whatwg.org/#rbs-controller-class. The web platform tests that
// CI has are older than much of it.

const bytesOf = (view) => [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)];

/** A byte stream with its controller, and what its source was asked. */
function source(options = {}) {
  const made = {pulls: 0, cancelled: []};
  made.stream = new ReadableStream({
    type: 'bytes',
    start: (controller) => { made.controller = controller; },
    pull: (controller) => {
      made.pulls++;
      return options.onPull?.(controller);
    },
    cancel: (reason) => { made.cancelled.push(reason); },
    ...options,
  });
  return made;
}

test('a reader that waits with a buffer of its own gets what is enqueued', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  const buffer = new ArrayBuffer(8);
  const read = reader.read(new Uint8Array(buffer, 2, 4));
  equal(buffer.byteLength, 0);  // it was handed over
  controller.enqueue(new Uint8Array([1, 2, 3]));
  const {value, done} = await read;
  equal([bytesOf(value), value.byteOffset, value.buffer.byteLength, done], [[1, 2, 3], 2, 8, false]);
});

test('what does not fit waits for the next read, across enqueued pieces', async () => {
  const {stream, controller} = source();
  controller.enqueue(new Uint8Array([1, 2, 3]));
  controller.enqueue(new Uint8Array([4, 5]));
  const reader = stream.getReader({mode: 'byob'});
  equal(bytesOf((await reader.read(new Uint8Array(2))).value), [1, 2]);
  equal(bytesOf((await reader.read(new Uint8Array(9))).value), [3, 4, 5]);
});

test('a view of larger elements takes whole elements only', async () => {
  const {stream, controller} = source();
  controller.enqueue(new Uint8Array([1, 0, 2]));
  const reader = stream.getReader({mode: 'byob'});
  const {value} = await reader.read(new Uint16Array(2));
  ok(value instanceof Uint16Array, 'the same kind of view');
  equal([...value], [1]);
  controller.enqueue(new Uint8Array([0, 3, 0]));
  equal([...(await reader.read(new Uint16Array(2))).value], [2, 3]);
  equal((await Promise.all([reader.read(new DataView(new ArrayBuffer(1))), controller.enqueue(new Uint8Array([9]))]))[0]
      .value.getUint8(0), 9);
  const odd = reader.read(new Uint16Array(2));
  controller.enqueue(new Uint8Array([7]));
  throws(() => controller.close(), 'TypeError');  // half of an element is no element
  await rejects(odd, 'TypeError');
});

test('byobRequest.respond says how much was written', async () => {
  const made = source({
    onPull(controller) {
      const {view} = controller.byobRequest;
      equal([view.byteOffset, view.byteLength], [1, 3]);
      new Uint8Array(view.buffer, view.byteOffset).set([5, 6]);
      controller.byobRequest.respond(2);
      equal(controller.byobRequest, null);
    },
  });
  const reader = made.stream.getReader({mode: 'byob'});
  equal(bytesOf((await reader.read(new Uint8Array(new ArrayBuffer(4), 1, 3))).value), [5, 6]);
  equal(made.pulls, 1);
});

test('byobRequest.respond refuses what cannot be', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  const read = reader.read(new Uint8Array(4));
  const request = controller.byobRequest;
  throws(() => request.respond(5), 'RangeError');
  throws(() => request.respond(0), 'TypeError');
  throws(() => request.respond(-1), 'TypeError');
  request.respond(1);
  equal(request.view, null);
  throws(() => request.respond(1), 'TypeError');
  await read;
  throws(() => new ReadableStreamBYOBRequest(), 'TypeError');
});

test('respondWithNewView gives another view of the same memory', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  const read = reader.read(new Uint8Array(new ArrayBuffer(8), 2, 4));
  const {view} = controller.byobRequest;
  for (const [bad, name] of [
    [new Uint8Array(view.buffer, 3, 1), 'RangeError'], [new Uint8Array(view.buffer, 2, 6), 'RangeError'],
    [new Uint8Array(new ArrayBuffer(9), 2, 2), 'RangeError'], [new Uint8Array(view.buffer, 2, 0), 'TypeError'],
    [7, 'TypeError'],
  ]) {
    throws(() => controller.byobRequest.respondWithNewView(bad), name);
  }
  const moved = structuredClone(view.buffer, {transfer: [view.buffer]});  // as if a worker had filled it
  const filled = new Uint8Array(moved, 2, 2);
  filled.set([8, 9]);
  controller.byobRequest.respondWithNewView(filled);
  const {value} = await read;
  equal([bytesOf(value), value.byteOffset, value.buffer.byteLength], [[8, 9], 2, 8]);
  equal(moved.byteLength, 0);
});

test('enqueue past a request that waits makes the request void', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  const read = reader.read(new Uint8Array(2));
  const request = controller.byobRequest;
  controller.enqueue(new Uint8Array([1]));
  equal(request.view, null);
  throws(() => request.respond(1), 'TypeError');
  equal(bytesOf((await read).value), [1]);
});

test('autoAllocateChunkSize gives a request to plain readers too', async () => {
  const made = source({
    autoAllocateChunkSize: 4,
    onPull(controller) {
      const {view} = controller.byobRequest;
      equal(view.byteLength, 4);
      view[0] = made.pulls;
      controller.byobRequest.respond(1);
    },
  });
  const reader = made.stream.getReader();
  equal(bytesOf((await reader.read()).value), [1]);
  equal(bytesOf((await reader.read()).value), [2]);
  throws(() => source({autoAllocateChunkSize: 0}), 'TypeError');
});

test('reads with min wait for so many elements, and get less at the end', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  let settled = false;
  const read = reader.read(new Uint8Array(6), {min: 4}).finally(() => { settled = true; });
  controller.enqueue(new Uint8Array([1, 2]));
  controller.enqueue(new Uint8Array([3]));
  await delay(1);
  ok(!settled, 'three bytes are not enough');
  controller.enqueue(new Uint8Array([4, 5]));
  equal(bytesOf((await read).value), [1, 2, 3, 4, 5]);
  const last = reader.read(new Uint8Array(6), {min: 4});
  controller.enqueue(new Uint8Array([6]));
  controller.close();
  controller.byobRequest.respond(0);
  const {value, done} = await last;
  equal([bytesOf(value), done], [[6], true]);
});

test('the end, for readers that wait: an empty view of their memory', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  const reads = [reader.read(new Uint8Array(4)), reader.read(new Uint16Array(4))];
  controller.close();
  controller.byobRequest.respond(0);
  const results = await Promise.all(reads);
  equal(results.map(({value, done}) => [value.byteLength, value.buffer.byteLength, done]), [[0, 4, true], [0, 8, true]]);
  ok(results[1].value instanceof Uint16Array, 'the same kind of view');
  const after = await reader.read(new Uint8Array(3));
  equal([after.value.byteLength, after.done], [0, true]);
});

test('an error reaches readers that wait', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  const read = reader.read(new Uint8Array(4));
  controller.error(new RangeError('broken'));
  await rejects(read, 'RangeError', /broken/);
  await rejects(reader.closed, 'RangeError', /broken/);
  throws(() => controller.enqueue(new Uint8Array(1)), 'TypeError');
});

test('cancel with a read that waits', async () => {
  const made = source();
  const reader = made.stream.getReader({mode: 'byob'});
  const read = reader.read(new Uint8Array(4));
  await reader.cancel('enough');
  const {value, done} = await read;
  equal([value, done], [undefined, true]);
  equal(made.cancelled, ['enough']);
});

test('releaseLock refuses reads that wait, and leaves the stream usable', async () => {
  const {stream, controller} = source();
  const reader = stream.getReader({mode: 'byob'});
  const read = reader.read(new Uint8Array(4));
  reader.releaseLock();
  await rejects(read, 'TypeError');
  await rejects(reader.closed, 'TypeError');
  controller.enqueue(new Uint8Array([1, 2]));
  equal(bytesOf((await stream.getReader().read()).value), [1, 2]);
});

test('what is enqueued is handed over, and must be bytes', () => {
  const {controller} = source();
  const chunk = new Uint8Array([1]);
  controller.enqueue(chunk);
  equal(chunk.byteLength, 0);
  for (const bad of [new Uint8Array(0), chunk, 'text', new ArrayBuffer(1), undefined]) {
    throws(() => controller.enqueue(bad), 'TypeError');
  }
  throws(() => new ReadableStream({type: 'bytes'}, {size: () => 1}), 'RangeError');
  throws(() => new ReadableStream({type: 'other'}), 'TypeError');
});

test('what a reader with its own memory refuses', async () => {
  throws(() => new ReadableStream().getReader({mode: 'byob'}), 'TypeError');
  throws(() => source().stream.getReader({mode: 'other'}), 'TypeError');
  const reader = source().stream.getReader({mode: 'byob'});
  await rejects(reader.read(new Uint8Array(0)), 'TypeError');
  await rejects(reader.read(new ArrayBuffer(1)), 'TypeError');
  await rejects(reader.read(), 'TypeError');
  const handedOver = new Uint8Array(1);
  structuredClone(handedOver, {transfer: [handedOver.buffer]});
  await rejects(reader.read(handedOver), 'TypeError');
  await rejects(reader.read(new Uint8Array(1), {min: 2}), 'RangeError');
});

test('desiredSize and back-pressure count bytes', async () => {
  let controller;
  const stream = new ReadableStream(
      {type: 'bytes', start: (given) => { controller = given; }}, {highWaterMark: 10});
  controller.enqueue(new Uint8Array(4));
  equal(controller.desiredSize, 6);
  controller.enqueue(new Uint8Array(8));
  equal(controller.desiredSize, -2);
  await stream.getReader({mode: 'byob'}).read(new Uint8Array(5));
  equal(controller.desiredSize, 3);
});

test('tee of a byte stream: both branches are byte streams with memory of their own', async () => {
  const made = source();
  const [a, b] = made.stream.tee();
  const [readerA, readerB] = [a.getReader({mode: 'byob'}), b.getReader({mode: 'byob'})];
  const readA = readerA.read(new Uint8Array(4));
  const readB = readerB.read(new Uint8Array(4));
  made.controller.enqueue(new Uint8Array([1, 2]));
  const [{value: inA}, {value: inB}] = await Promise.all([readA, readB]);
  equal([bytesOf(inA), bytesOf(inB)], [[1, 2], [1, 2]]);
  inA[0] = 9;
  equal(inB[0], 1);
  made.controller.close();
  made.controller.byobRequest?.respond(0);
  const ends = await Promise.all([readerA.read(new Uint8Array(1)), readerB.read(new Uint8Array(1))]);
  equal(ends.map(({done}) => done), [true, true]);
});

test('tee of a byte stream: one plain reader, one with its own memory', async () => {
  const made = source({onPull: (controller) => controller.enqueue(new Uint8Array([made.pulls, 0, 0]))});
  const [a, b] = made.stream.tee();
  const readerA = a.getReader({mode: 'byob'});
  equal(bytesOf((await readerA.read(new Uint8Array(2))).value), [1, 0]);
  // What the one has read the other finds in its queue, in the pieces in which it was read.
  const readerB = b.getReader();
  const inB = [];
  while (inB.length < 3) inB.push(...bytesOf((await readerB.read()).value));
  equal(inB, [1, 0, 0]);
  equal(bytesOf((await readerA.read(new Uint8Array(9))).value), [0]);
});

test('tee: the source is cancelled when both branches are, with both reasons', async () => {
  const made = source();
  const [a, b] = made.stream.tee();
  const first = a.cancel('a');
  equal(made.cancelled, []);
  await Promise.all([first, b.cancel('b')]);
  equal(made.cancelled, [['a', 'b']]);
});

test('tee: an error reaches both', async () => {
  const made = source();
  const [a, b] = made.stream.tee();
  const reads = [a.getReader().read(), b.getReader({mode: 'byob'}).read(new Uint8Array(1))];
  made.controller.error(new RangeError('broken'));
  await rejects(reads[0], 'RangeError');
  await rejects(reads[1], 'RangeError');
});
