// What JavaScript sees of queues. Each function is one check; what it returns is the test's to judge.

/** @param {() => Promise<any>} call @returns {Promise<string>} what it fails with */
async function problem(call) {
  try {
    await call();
    return '';
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const backlog = ({backlogCount, backlogBytes, oldestMessageTimestamp}) =>
    [backlogCount, backlogBytes, oldestMessageTimestamp instanceof Date];

export async function sends({NOBODY}) {
  const empty = await NOBODY.metrics();
  const sent = await NOBODY.send({a: 1});
  const batch = await NOBODY.sendBatch(new Set([{body: 'x'}, {body: new Map(), contentType: 'v8'}]));
  return [NOBODY.constructor.name, empty, backlog(sent.metadata.metrics), batch.metadata.metrics.backlogCount];
}

export async function refusals({NOBODY}) {
  const many = (count, body) => Array.from({length: count}, () => ({body}));
  return [
    await problem(() => NOBODY.send()),
    await problem(() => NOBODY.send('x', {contentType: 'xml'})),
    await problem(() => NOBODY.send(1, {contentType: 'TEXT'})),
    await problem(() => NOBODY.send('x', {contentType: 'bytes'})),
    await problem(() => NOBODY.send(() => {}, {contentType: 'v8'})),
    await problem(() => NOBODY.send('x'.repeat(127_999))),
    await problem(() => NOBODY.send('x', {delaySeconds: -1})),
    await problem(() => NOBODY.send('x', {delaySeconds: 1.5})),
    await problem(() => NOBODY.sendBatch([])),
    await problem(() => NOBODY.sendBatch([{}])),
    await problem(() => NOBODY.sendBatch(many(101, 'x'))),
    await problem(() => NOBODY.sendBatch(many(3, 'x'.repeat(100_000)))),
    await problem(() => NOBODY.sendBatch(many(1, 'x'), {delaySeconds: 43_201})),
    (await NOBODY.metrics()).backlogCount,
  ];
}

export async function largest({NOBODY}) {
  await NOBODY.send('x'.repeat(127_998));
  await NOBODY.sendBatch(Array.from({length: 100}, () => ({body: 'x'.repeat(2558)})));
  return (await NOBODY.metrics()).backlogBytes;
}

export async function bodies({JOBS}) {
  await JOBS.send({date: 1, list: [null, 'é']});
  await JOBS.send('text', {contentType: 'text'});
  await JOBS.send(new Uint8Array([9, 0, 255]).subarray(1), {contentType: 'bytes'});
  await JOBS.send(new Map([['k', 1n]]), {contentType: 'v8'});
  return 4;
}
