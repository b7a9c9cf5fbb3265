test('levels and formats', () => {
  console.log('%s is %d', 'x', 1, {a: [1, 'b']});
  console.debug(1);
  console.info('i');
  console.warn(null, undefined);
  console.error(new Map([[1, 2]]));
  equal(shell.takeLog(), ["log: x is 1 { a: [ 1, 'b' ] }", 'debug: 1', 'info: i', 'warn: null undefined', 'error: Map(1) { 1 => 2 }']);
});

test('groups, counts, assertions, dir', () => {
  console.group('g');
  console.log('in\nside');
  console.groupEnd();
  console.groupEnd();
  console.count();
  console.count();
  console.countReset();
  console.count();
  console.assert(true, 'no');
  console.assert(false, 'wrong %d', 3);
  console.assert(false);
  console.dir({a: {b: {c: {}}}}, {depth: 0});
  equal(shell.takeLog(), ['log: g', 'log:   in\n  side', 'log: default: 1', 'log: default: 2', 'log: default: 1', 'error: Assertion failed: wrong 3', 'error: Assertion failed', 'log: { a: [Object] }']);
});

test('time', () => {
  console.time('t');
  console.timeLog('t', 'extra');
  console.timeEnd('t');
  console.timeEnd('t');
  const log = shell.takeLog();
  ok(/^log: t: [\d.]+ms extra$/.test(log[0]), log[0]);
  ok(/^log: t: [\d.]+ms$/.test(log[1]), log[1]);
  equal(log[2], "warn: No such label 't' for console.timeLog()");
});

test('table', () => {
  console.table([{a: 1, b: 'x'}, {a: 2}]);
  console.table(5);
  const [table, plain] = shell.takeLog();
  equal(table.split('\n').length, 6);
  ok(table.includes('│ (index) │ a │  b  │'), table);
  equal(plain, 'log: 5');
});

test('trace shows where', () => {
  console.trace('here');
  const [line] = shell.takeLog();
  ok(line.startsWith('error: Trace: here\n    at '), line);
  ok(!line.includes('Console.trace'), line);
});

test('platform objects show their attributes', () => {
  console.log(new URL('http://h/p'));
  console.log(new Headers({a: 'b'}));
  console.log(new Response('x', {status: 404}));
  const [url, headers, response] = shell.takeLog();
  ok(url.includes('http://h/p'), url);
  ok(/^log: Headers \{.*a: 'b'/.test(headers), headers);
  ok(/^log: Response \{[^]*status: 404/.test(response), response);
});

test('collections, instances, cycles, depth, accessors', () => {
  class Point {
    #hidden = 1;
    x = 1;
    get far() {
      return true;
    }
  }
  const cyclic = {name: 'c', list: []};
  cyclic.self = cyclic;
  cyclic.list.push(cyclic);
  console.log(new Map([['a', {b: new Set([1])}]]), new Set(['x']));
  console.log(new Point(), [new Point()], class A extends Point {}, Object.create(null));
  console.log(cyclic);
  console.log({a: {b: {c: {d: 1}}}}, {get got() { return 1; }, set both(v) {}, [Symbol('s')]: 1n});
  console.log(new Uint8Array([1, 2]), new ArrayBuffer(1), new Date(0), /x/g, Symbol('y'), -0, 10n);
  console.log([, 1], Object.assign([1], {k: 2}), Array.from({length: 102}, () => 0).slice(0, 101).length);
  console.log(function named() {}, () => {}, new (class extends Error { name = 'Own'; })('m').name);
  equal(shell.takeLog(), [
    "log: Map(1) { 'a' => { b: Set(1) { 1 } } } Set(1) { 'x' }",
    'log: Point { x: 1 } [ Point { x: 1 } ] [class A extends Point] [Object: null prototype] {}',
    "log: <ref *1> { name: 'c', list: [ [Circular *1] ], self: [Circular *1] }",
    'log: { a: { b: { c: [Object] } } } { got: [Getter], both: [Setter], Symbol(s): 1n }',
    'log: Uint8Array(2) [ 1, 2 ] ArrayBuffer { [Uint8Contents]: <00>, [byteLength]: 1 } ' +
        '1970-01-01T00:00:00.000Z /x/g Symbol(y) -0 10n',
    'log: [ <1 empty item>, 1 ] [ 1, k: 2 ] 101',
    'log: [Function: named] [Function (anonymous)] Own',
  ]);
});

test('the global scope is what it says', () => {
  equal(String(globalThis), '[object ServiceWorkerGlobalScope]');
});

test('errors show stack and cause', () => {
  console.error(new Error('outer', {cause: new TypeError('inner')}));
  const [line] = shell.takeLog();
  ok(/^error: Error: outer\n    at [^]*\[cause\]: TypeError: inner\n/.test(line), line);
});

test('methods work without their object', () => {
  const {log} = console;
  log('free');
  equal(shell.takeLog(), ['log: free']);
});
