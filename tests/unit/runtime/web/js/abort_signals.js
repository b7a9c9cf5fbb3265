// AbortSignal.any() and timeout(): https://dom.spec.whatwg.org/#interface-AbortSignal

const told = (signal) => {
  const reasons = [];
  signal.addEventListener('abort', () => reasons.push(signal.reason));
  return reasons;
};

test('any() of signals of which one is aborted already', () => {
  const first = AbortSignal.abort('first');
  const any = AbortSignal.any([new AbortController().signal, first, AbortSignal.abort('second')]);
  equal([any.aborted, any.reason], [true, 'first']);
});

test('any() follows the first that aborts, once', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const any = AbortSignal.any([a.signal, b.signal, a.signal]);
  ok(any instanceof AbortSignal && !any.aborted, 'a signal');
  const reasons = told(any);
  b.abort('b');
  a.abort('a');
  equal(reasons, ['b']);
  equal(any.reason, 'b');
});

test('any() of nothing never aborts, and of itself keeps one identity', () => {
  const any = AbortSignal.any([]);
  equal([any.aborted, any.reason], [false, undefined]);
  ok(AbortSignal.any([any]) !== any, 'a new signal');
  throws(() => AbortSignal.any(), 'TypeError');
  throws(() => AbortSignal.any([1]), 'TypeError');
  throws(() => AbortSignal.any({}), 'TypeError');
  any.throwIfAborted();
  throws(() => AbortSignal.any([AbortSignal.abort(new RangeError('r'))]).throwIfAborted(), 'RangeError');
});

test('any() of dependent signals: all are aborted before any of them is told', () => {
  const controller = new AbortController();
  const first = AbortSignal.any([controller.signal]);
  const second = AbortSignal.any([first, new AbortController().signal]);
  const seen = [];
  for (const [name, signal] of Object.entries({source: controller.signal, first, second})) {
    signal.addEventListener('abort', () =>
      seen.push([name, controller.signal.aborted, first.aborted, second.aborted]));
  }
  const reason = new Error('one reason');
  controller.abort(reason);
  equal(seen, [['source', true, true, true], ['first', true, true, true], ['second', true, true, true]]);
  ok(first.reason === reason && second.reason === reason, 'the same reason');
});

test('a dependent signal made while its source is aborting', () => {
  const controller = new AbortController();
  let late;
  controller.signal.addEventListener('abort', () => { late = AbortSignal.any([controller.signal]); });
  controller.abort('now');
  equal([late.aborted, late.reason], [true, 'now']);
});

test('dependent signals that nobody holds are still heard, many cost nothing that lasts', async () => {
  const controller = new AbortController();
  let heard = 0;
  (() => {
    AbortSignal.any([controller.signal]).addEventListener('abort', () => { heard++; });
    for (let i = 0; i < 20_000; i++) AbortSignal.any([controller.signal]);
  })();
  // Enough garbage that what is not held would be gone.
  for (let i = 0; i < 50; i++) {
    new Array(200_000).fill(i);
    await delay(0);
  }
  controller.abort();
  equal(heard, 1);
});

test('timeout() aborts with a TimeoutError, any() passes it on', async () => {
  const signal = AbortSignal.timeout(1);
  const any = AbortSignal.any([signal, new AbortController().signal]);
  await new Promise((resolve) => any.addEventListener('abort', resolve));
  ok(any.reason === signal.reason, 'the same reason');
  equal([any.reason.name, any.reason.constructor === DOMException, any.reason.code], ['TimeoutError', true, 23]);
  throws(() => AbortSignal.timeout(), 'TypeError');
  throws(() => AbortSignal.timeout(-1), 'TypeError');
  throws(() => AbortSignal.timeout(Infinity), 'TypeError');
});

test('a listener is not told twice, and onabort is an attribute', () => {
  const controller = new AbortController();
  let told = 0;
  controller.signal.onabort = (event) => {
    told++;
    equal([event.type, event.isTrusted, event.target === controller.signal], ['abort', true, true]);
  };
  controller.abort();
  controller.abort();
  equal(told, 1);
  equal(controller.signal.reason.name, 'AbortError');
});

test('a signal takes listeners away', () => {
  const controller = new AbortController();
  const target = new EventTarget();
  let told = 0;
  target.addEventListener('x', () => { told++; }, {signal: controller.signal});
  target.dispatchEvent(new Event('x'));
  controller.abort();
  target.dispatchEvent(new Event('x'));
  target.addEventListener('x', () => { told++; }, {signal: controller.signal});
  target.dispatchEvent(new Event('x'));
  equal(told, 1);
});

test('a signal ends a pipe', async () => {
  const controller = new AbortController();
  const seen = [];
  const from = new ReadableStream({cancel: (reason) => { seen.push(['cancel', reason]); }});
  const to = new WritableStream({abort: (reason) => { seen.push(['abort', reason]); }});
  const piped = from.pipeTo(to, {signal: controller.signal});
  controller.abort('stop');
  equal(await piped.catch((error) => error), 'stop');
  equal(seen.sort(), [['abort', 'stop'], ['cancel', 'stop']]);
});
