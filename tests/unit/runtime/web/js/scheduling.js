test('timers fire in the order of their deadlines, equal ones in the order of the calls', async () => {
  const order = [];
  setTimeout(() => order.push('late'), 20);
  setTimeout((a, b) => order.push(a + b), 2, 'ar', 'gs');
  for (let i = 0; i < 3; i++) setTimeout(() => order.push(i), 10);
  await delay(25);
  equal(order, ['args', 0, 1, 2, 'late']);
});

test('microtasks run between timers', async () => {
  const order = [];
  setTimeout(() => {
    order.push('a');
    Promise.resolve().then(() => order.push('b'));
    queueMicrotask(() => order.push('c'));
  }, 1);
  setTimeout(() => order.push('d'), 1);
  await delay(5);
  equal(order, ['a', 'b', 'c', 'd']);
});

test('a timer set by a timer waits for the next turn', async () => {
  const order = [];
  setTimeout(() => {
    setTimeout(() => order.push('inner'), 0);
    order.push('outer');
  }, 0);
  setTimeout(() => order.push('second'), 0);
  await delay(5);
  equal(order, ['outer', 'second', 'inner']);
});

test('clearTimeout and setInterval', async () => {
  let count = 0;
  const never = setTimeout(() => { count += 100; }, 1);
  clearTimeout(never);
  clearTimeout(never);
  clearTimeout(undefined);
  await new Promise((resolve) => {
    const interval = setInterval(() => {
      if (++count === 3) {
        clearInterval(interval);
        resolve();
      }
    }, 1);
  });
  await delay(5);
  equal(count, 3);
});

test('odd delays mean now, functions are required', async () => {
  const order = [];
  setTimeout(() => order.push(1), NaN);
  setTimeout(() => order.push(2), -5);
  setTimeout(() => order.push(3));
  await delay(2);
  equal(order, [1, 2, 3]);
  throws(() => setTimeout('code', 1), 'TypeError');
});

test('many timers', async () => {
  const start = performance.now();
  let fired = 0;
  await new Promise((resolve) => {
    for (let i = 0; i < 20000; i++) setTimeout(() => { if (++fired === 20000) resolve(); }, i % 10);
  });
  ok(performance.now() - start < 5000, 'done in time');
});

test('what callbacks throw is reported and stops nothing', async () => {
  setTimeout(() => { throw new RangeError('in timer'); }, 1);
  queueMicrotask(() => { throw new TypeError('in microtask'); });
  Promise.reject(new Error('nobody cares'));
  await delay(5);
  const log = shell.takeLog();
  equal(log.length, 3);
  ok(log.some((line) => line.startsWith('Uncaught TypeError: in microtask\n    at ')), log.join());
  ok(log.some((line) => line.startsWith('Uncaught (in promise) Error: nobody cares')), log.join());
  ok(log.some((line) => line.startsWith('Uncaught RangeError: in timer')), log.join());
});

test('an error event can keep it out of the log', async () => {
  let seen;
  addEventListener('error', (event) => {
    seen = [event.message, event.error.message, event.lineno > 0];
    event.preventDefault();
  }, {once: true});
  reportError(new Error('told'));
  equal(seen, ['Uncaught Error: told', 'told', true]);
  equal(shell.takeLog(), []);
});

test('MessageChannel delivers clones in tasks of their own', async () => {
  const {port1, port2} = new MessageChannel();
  const order = [];
  const message = {n: 1};
  const received = new Promise((resolve) => {
    port2.onmessage = (event) => {
      order.push(event.data);
      if (order.length === 3) resolve();
    };
  });
  port1.postMessage('a');
  port1.postMessage(message);
  message.n = 2;
  port1.postMessage(null);
  await Promise.resolve();
  equal(order, []);
  await received;
  equal(order, ['a', {n: 1}, null]);
  port1.close();
});

test('MessagePorts and buffers can be transferred', async () => {
  const outer = new MessageChannel();
  const inner = new MessageChannel();
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  const got = new Promise((resolve) => { outer.port2.onmessage = resolve; });
  outer.port1.postMessage({port: inner.port2, buffer}, [inner.port2, buffer]);
  equal(buffer.byteLength, 0);
  const {data} = await got;
  equal([...new Uint8Array(data.buffer)], [1, 2, 3]);
  const through = new Promise((resolve) => { data.port.onmessage = (event) => resolve(event.data); });
  inner.port1.postMessage('hello');
  equal(await through, 'hello');
});

test('scheduler.wait fulfils after its delay, in the order of the delays', async () => {
  const order = [];
  await Promise.all([
    scheduler.wait(20).then(() => order.push('later')),
    scheduler.wait(1).then(() => order.push('sooner')),
    scheduler.wait(0).then(() => order.push('at once')),
  ]);
  equal(order, ['at once', 'sooner', 'later']);
  equal(await scheduler.wait(0), undefined);
});

test('a signal ends scheduler.wait with its reason', async () => {
  const controller = new AbortController();
  const waiting = scheduler.wait(1e9, {signal: controller.signal});
  controller.abort(new RangeError('no longer'));
  await rejects(waiting, 'RangeError', /no longer/);
  await rejects(scheduler.wait(1e9, {signal: AbortSignal.abort()}), 'AbortError');
  await rejects(scheduler.wait(1e9, {signal: AbortSignal.timeout(1)}), 'TimeoutError');
  await scheduler.wait(0, {signal: new AbortController().signal});
});

test('what scheduler.wait refuses', async () => {
  await rejects(scheduler.wait(), 'TypeError', /1 argument/);
  await rejects(scheduler.wait(1, {signal: 'none'}), 'TypeError');
});
