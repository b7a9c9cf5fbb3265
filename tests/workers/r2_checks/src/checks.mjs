// What JavaScript sees of a bucket. Each function is one check; what it returns is the test's to judge.

const text = (value) => new TextEncoder().encode(value);

/** @param {() => Promise<any>} call @returns {Promise<string>} what it fails with */
async function problem(call) {
  try {
    await call();
    return '';
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

function describe(object) {
  if (object === null) return null;
  const {key, size, etag, httpEtag, httpMetadata, customMetadata, storageClass} = object;
  return {class: object.constructor.name, key, size, etag, httpEtag, httpMetadata, customMetadata,
    storageClass, checksums: object.checksums, range: object.range,
    uploaded: Math.abs(Date.now() - object.uploaded) < 60_000, version: object.version.length};
}

export async function metadata(bucket) {
  const stored = await bucket.put('a/b', 'hello', {
    httpMetadata: {contentType: 'text/x', cacheExpiry: new Date(1e12)},
    customMetadata: {owner: 'é'},
    sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  });
  const headers = new Headers();
  (await bucket.head('a/b')).writeHttpMetadata(headers);
  const missing = [await bucket.head('none'), await bucket.get('none')];
  return {stored: describe(stored), head: describe(await bucket.head('a/b')), headers: [...headers], missing,
    fromHeaders: (await bucket.put('h', '', {httpMetadata: new Headers({'Content-Language': 'sv'})}))
        .httpMetadata};
}

export async function bodies(bucket) {
  await bucket.put('json', '{"a": 1}');
  const get = () => bucket.get('json');
  const used = await get();
  await used.text();
  return [
    (await get()).constructor.name, await (await get()).text(), await (await get()).json(),
    (await (await get()).arrayBuffer()).byteLength, (await (await get()).bytes()).length,
    (await (await get()).blob()).size, used.bodyUsed, await problem(() => used.text()),
    await new Response((await get()).body).text(),
  ];
}

export async function values(bucket) {
  const kinds = [null, 'é', text('ab').buffer, text('abc').subarray(1), new Blob(['blob']),
    new Response('stream').body];
  const found = [];
  for (const value of kinds) {
    await bucket.put('value', value);
    found.push(await (await bucket.get('value')).text());
  }
  return [...found, await problem(() => bucket.put('value', 7))];
}

export async function ranges(bucket) {
  await bucket.put('digits', '0123456789');
  const read = async (range) => {
    const object = await bucket.get('digits', {range});
    return [await object.text(), object.range];
  };
  return [
    await read({offset: 3}), await read({offset: 3, length: 2}), await read({length: 4}),
    await read({suffix: 3}), await read({suffix: 99}), await read({offset: 8, length: 99}),
    await read(new Headers({range: 'bytes=2-4'})), await read(new Headers({range: 'bytes=-2'})),
    await read(new Headers({range: 'bytes=7-'})), await read(new Headers({range: 'bytes=1-2,4-5'})),
    await problem(() => read({offset: 11})), await problem(() => read({suffix: 0})),
  ];
}

export async function conditions(bucket) {
  const {etag, httpEtag, uploaded} = await bucket.put('c', 'one');
  const [before, after] = [new Date(uploaded - 5000), new Date(+uploaded + 5000)];
  const has = async (onlyIf) => (await bucket.get('c', {onlyIf})).body !== undefined;
  const put = async (key, onlyIf) => (await bucket.put(key, 'two', {onlyIf})) !== null;
  return [
    await has({etagMatches: etag}), await has({etagMatches: 'other'}),
    await has({etagDoesNotMatch: etag}), await has({etagDoesNotMatch: 'other'}),
    await has({uploadedBefore: after}), await has({uploadedBefore: before}),
    await has({uploadedAfter: before}), await has({uploadedAfter: after}),
    await has(new Headers({'if-none-match': httpEtag})), await has(new Headers({'if-match': httpEtag})),
    await has(new Headers({'if-none-match': `W/${httpEtag}`})),
    await has(new Headers({'if-match': `W/${httpEtag}`})),
    await put('c', {etagMatches: 'other'}), await put('new', {etagMatches: 'other'}),
    await put('c', new Headers({'if-none-match': '*'})), await put('fresh', new Headers({'if-none-match': '*'})),
    await (await bucket.get('c')).text(),
  ];
}

export async function listing(bucket) {
  const names = ['a', 'dir/1', 'dir/2', 'dir/sub/3', 'é', 'z', '😀'];
  for (const name of names) await bucket.put(`list/${name}`, '', {customMetadata: {n: name}});
  const list = async (options) => {
    const {objects, delimitedPrefixes, truncated, cursor} =
        await bucket.list({prefix: 'list/', ...options});
    return [objects.map(({key}) => key.slice(5)), delimitedPrefixes.map((key) => key.slice(5)), truncated,
      cursor];
  };
  const all = await list({startAfter: 'list/z'});
  const pages = [];
  for (let cursor; ;) {
    const [keys, prefixes, truncated, next] = await list({limit: 2, delimiter: '/', cursor});
    pages.push([keys, prefixes]);
    if (!truncated) break;
    cursor = next;
  }
  const {objects: [plain]} = await bucket.list({prefix: 'list/a'});
  const {objects: [full]} = await bucket.list({prefix: 'list/a', include: ['customMetadata']});
  await bucket.delete(names.map((name) => `list/${name}`));
  return {all, pages, plain: plain.customMetadata,
    full: full.customMetadata, left: (await list()).slice(0, 3)};
}

export async function multipart(bucket) {
  const size = 5 << 20;
  const upload = await bucket.createMultipartUpload('parts', {customMetadata: {a: 'b'}});
  const parts = [];
  for (const [number, byte, length] of [[2, 2, size], [1, 1, size], [3, 3, 10], [4, 9, 5], [3, 4, 3]]) {
    const part = await upload.uploadPart(number, new Uint8Array(length).fill(byte));
    if (number !== 4) parts[number - 1] = part;
  }
  const resumed = bucket.resumeMultipartUpload('parts', upload.uploadId);
  const object = await resumed.complete(parts);
  const across = await bucket.get('parts', {range: {offset: size - 2, length: 4}});
  const whole = await (await bucket.get('parts')).arrayBuffer();
  const small = await bucket.createMultipartUpload('small');
  const few = [await small.uploadPart(1, 'a'), await small.uploadPart(2, 'b')];
  const failures = [
    await problem(() => upload.uploadPart(5, 'late')), await problem(() => small.complete(few)),
    await problem(() => small.complete([{partNumber: 1, etag: 'wrong'}])),
    await problem(() => small.uploadPart(0, 'a')),
    await problem(() => bucket.resumeMultipartUpload('small', 'unknown').abort()),
  ];
  await small.abort();
  return {object: describe(object), across: [...new Uint8Array(await across.arrayBuffer())],
    length: whole.byteLength, failures, aborted: await problem(() => small.complete(few))};
}

export async function failures(bucket) {
  return [
    await problem(() => bucket.put('k', 'v', {sha1: '00'.repeat(20)})),
    await problem(() => bucket.put('k', 'v', {sha1: '00'.repeat(20), md5: '00'.repeat(16)})),
    await problem(() => bucket.put('k', 'v', {md5: 'zz'})),
    await problem(() => bucket.put('k'.repeat(1025), 'v')),
    await problem(() => bucket.put('k', 'v', {customMetadata: {a: 'v'.repeat(2048)}})),
    await problem(() => bucket.list({limit: 1001})),
    await problem(() => bucket.delete(new Array(1001).fill('k'))),
    await problem(() => bucket.get('c', {onlyIf: {etagMatches: '"quoted"'}})),
    await bucket.head('k'),
  ];
}
