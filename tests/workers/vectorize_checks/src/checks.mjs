// What JavaScript sees of an index. Each function is one check; what it returns is the test's to judge.

import {env} from 'cloudflare:workers';

/** @param {() => Promise<any>} call @returns {Promise<string>} what it fails with */
async function problem(call) {
  try {
    await call();
    return '';
  } catch (error) {
    return error.message;
  }
}

const ids = ({matches}) => matches.map(({id}) => id);

export async function queries() {
  const index = env.INDEX;
  await index.upsert([
    {id: 'a', values: [1, 0], metadata: {n: 1, deep: {tag: 'x'}}},
    {id: 'b', values: new Float32Array([0, 1]), metadata: {n: 2}, namespace: 'one'},
    {id: 'c', values: new Float64Array([1, 1]), namespace: 'one'},
  ]);
  const asked = (options) => index.query([1, 0.1], options);
  const {count, matches: [plain]} = await asked();
  return {
    class: index.constructor.name,
    plain: [count, Object.keys(plain).sort(), plain.score > 0.99],
    one: ids(await asked({namespace: 'one'})),
    limited: ids(await asked({topK: 2})),
    filtered: ids(await asked({filter: {n: {$lte: 1}}})),
    nested: ids(await asked({filter: {'deep.tag': 'x'}})),
    full: (await asked({topK: 1, returnValues: true, returnMetadata: 'all'})).matches[0],
    byId: ids(await index.queryById('b', {topK: 1})),
    byIds: (await index.getByIds(['none', 'c'])).map(({id, namespace, values}) => [id, namespace, values]),
  };
}

export async function metrics() {
  await env.FAR.insert([{id: 'near', values: [1, 1]}, {id: 'far', values: [30, 30]}]);
  await env.FAR.insert([{id: 'near', values: [9, 9]}]);
  return (await env.FAR.query([4, 5])).matches.map(({id, score}) => [id, Math.round(score)]);
}

export async function refusals() {
  const index = env.FAR;
  await index.upsert([{id: 'kept', values: [1, 2]}]);
  return [
    await problem(() => index.insert([{id: 'x', values: [1, 2, 3]}])),
    await problem(() => index.query([1, 2, 3])),
    await problem(() => index.query('text')),
    await problem(() => index.query([1, NaN])),
    await problem(() => index.query([1, 2], {topK: 101})),
    await problem(() => index.query([1, 2], {topK: 51, returnValues: true})),
    await problem(() => index.query([1, 2], {filter: {a: {$like: 'x'}}})),
    await problem(() => index.query([1, 2], {filter: {a: {$in: 1}}})),
    await problem(() => index.queryById('none')),
    await problem(() => index.insert([])),
    await problem(() => index.insert([{id: '', values: [1, 2]}])),
    await problem(() => index.insert([{id: 'x'.repeat(65), values: [1, 2]}])),
    await problem(() => index.insert([{id: 'x', values: [1, 2], metadata: {text: 'x'.repeat(10240)}}])),
    await problem(() => index.insert([{id: 'x', values: Array(1537).fill(1)}])),
    await problem(() => index.getByIds(Array(21).fill('x'))),
    (await index.getByIds(['x'])).length,
  ];
}
