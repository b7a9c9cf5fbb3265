test('an iteration of Headers sees what changes meanwhile', () => {
  const headers = new Headers({b: '1', d: '2'});
  equal([...headers], [['b', '1'], ['d', '2']]);
  headers.set('b', '3');
  equal([...headers], [['b', '3'], ['d', '2']]);
  headers.append('b', '4');
  equal([...headers], [['b', '3, 4'], ['d', '2']]);
  const seen = [];
  for (const [name] of headers) {
    seen.push(name);
    if (name === 'b') headers.append('c', '5');
    if (name === 'c') headers.delete('d');
  }
  equal(seen, ['b', 'c']);
  headers.delete('b');
  headers.append('a', '6');
  equal([...headers], [['a', '6'], ['c', '5']]);
});

test('Headers', () => {
  const headers = new Headers([['A', '1'], ['a', '2'], ['Set-Cookie', 'x'], ['set-cookie', 'y']]);
  equal(headers.get('a'), '1, 2');
  equal(headers.getSetCookie(), ['x', 'y']);
  equal([...headers], [['a', '1, 2'], ['set-cookie', 'x'], ['set-cookie', 'y']]);
  throws(() => headers.append('bad name', 'x'), 'TypeError');
  throws(() => headers.append('a', 'new\nline'), 'TypeError');
  ok(!headers.has('b'));
});

test('a Response of a string is text', async () => {
  const response = new Response('h\u00e9');
  equal(response.headers.get('content-type'), 'text/plain;charset=UTF-8');
  equal([response.status, response.ok, response.statusText], [200, true, '']);
  equal(await response.clone().text(), 'h\u00e9');
  equal([...await response.bytes()], [104, 195, 169]);
  ok(response.bodyUsed);
  await rejects(response.text(), 'TypeError');
});

test('Response.json, redirect, error', async () => {
  const json = Response.json({a: [1]}, {status: 201, headers: {x: 'y'}});
  equal([json.status, json.headers.get('content-type'), json.headers.get('x')], [201, 'application/json', 'y']);
  equal(await json.json(), {a: [1]});
  const redirect = Response.redirect('http://h/p', 307);
  equal([redirect.status, redirect.headers.get('location')], [307, 'http://h/p']);
  equal(Response.error().type, 'error');
});

test('statuses', () => {
  throws(() => new Response('x', {status: 99}), 'RangeError');
  throws(() => new Response('x', {status: 204}), 'TypeError', /null body/);
  throws(() => new Response(null, {status: 101}), 'RangeError');
  throws(() => new Response(null, {webSocket: {}}), 'RangeError', /101/);
  const socket = {};
  ok(new Response(null, {status: 101, webSocket: socket}).webSocket === socket);
  equal(new Response('x').webSocket, null);
});

test('Workers members', () => {
  new Response('x', {encodeBody: 'manual'});
  throws(() => new Response('x', {encodeBody: 'sometimes'}), 'TypeError');
  const request = new Request('http://h/', {cf: {colo: 'X'}});
  equal(request.cf, {colo: 'X'});
  equal(request.clone().cf, {colo: 'X'});
  equal(new Request('http://h/').cf, undefined);
});

test('an iterable that is not a known body becomes a string', async () => {
  equal(await new Response([1, 2]).text(), '1,2');
});

test('Request', async () => {
  const request = new Request('http://h/p?q', {method: 'post', body: new URLSearchParams({a: '1'}), headers: {X: 'y'}});
  equal([request.method, request.url, request.headers.get('x')], ['POST', 'http://h/p?q', 'y']);
  equal(request.headers.get('content-type'), 'application/x-www-form-urlencoded;charset=UTF-8');
  const form = await request.formData();
  equal(form.get('a'), '1');
  throws(() => new Request('http://h/', {body: 'x'}), 'TypeError', /GET/);
  throws(() => new Request('not a url'), 'TypeError');
  throws(() => new Request('http://h/', {method: 'TRACE'}), 'TypeError');
  const copy = new Request(new Request('http://h/', {method: 'PUT', body: 'b'}), {headers: {n: '1'}});
  equal([copy.method, copy.headers.get('n'), await copy.text()], ['PUT', '1', 'b']);
});

test('Request.signal follows its controller', () => {
  const controller = new AbortController();
  const request = new Request('http://h/', {signal: controller.signal});
  ok(!request.signal.aborted);
  controller.abort(new Error('stop'));
  ok(request.signal.aborted);
  equal(request.signal.reason.message, 'stop');
});

test('multipart there and back', async () => {
  const form = new FormData();
  form.append('text', 'v\u00e4lue');
  form.append('file', new File(['cont', 'ent'], 'a name.txt', {type: 'text/x'}));
  const response = new Response(form);
  ok(response.headers.get('content-type').startsWith('multipart/form-data; boundary='));
  const back = await response.formData();
  equal(back.get('text'), 'v\u00e4lue');
  const file = back.get('file');
  equal([file.constructor.name, file.name, file.type, await file.text()], ['File', 'a name.txt', 'text/x', 'content']);
});

test('Blob and File', async () => {
  const blob = new Blob(['ab', new Uint8Array([99]), new Blob(['d'])], {type: 'Text/Plain'});
  equal([blob.size, blob.type, await blob.text()], [4, 'text/plain', 'abcd']);
  equal(await blob.slice(1, 3, 'x/y').text(), 'bc');
  equal([...new Uint8Array(await blob.arrayBuffer())], [97, 98, 99, 100]);
  const file = new File([blob], 'n', {lastModified: 5});
  equal([file.name, file.lastModified, file.size], ['n', 5, 4]);
});

test('class names are what the Python SDK looks at', () => {
  for (const name of ['Request', 'Response', 'Headers', 'FormData', 'Blob', 'File', 'URL', 'URLSearchParams', 'ReadableStream', 'DOMException', 'AbortSignal', 'TransformStream', 'WritableStream']) {
    equal(globalThis[name].name, name);
  }
  equal(new Response('x').constructor.name, 'Response');
});
