// How the scripts of this folder time calls within one program.

'use strict';

const BATCHES = 16;
const BATCH_MS = 8;
const WARM_UP_MS = 60;

/** @param {() => any} call @param {number} count @returns {Promise<number>} milliseconds */
async function timed(call, count) {
  const began = performance.now();
  for (let i = 0; i < count; ++i) {
    const result = call();
    if (typeof result === 'object') await result;
  }
  return performance.now() - began;
}

/** @param {() => any} call @returns {Promise<number>} milliseconds of one, of a batch that was not
 * much disturbed by other programs: one of four was faster */
async function measure(call) {
  let count = 1;
  for (let spent = 0, last = 0; spent < WARM_UP_MS || last < BATCH_MS; spent += last) {
    if (last < BATCH_MS) count *= last > 0.5 ? Math.min(8, Math.ceil(1.2 * BATCH_MS / last)) : 8;
    last = await timed(call, count);
  }
  const times = [];
  for (let batch = 0; batch < BATCHES; ++batch) times.push(await timed(call, count) / count);
  return times.sort((a, b) => a - b)[BATCHES >> 2];
}

/**
 * @param {Record<string, [() => any, number?]>} operations one call of each, and into how many its time
 *     is divided
 * @returns {Promise<Record<string, number>>} microseconds
 */
globalThis.measureAll = async (operations) => {
  const found = {};
  for (const [name, [call, parts = 1]] of Object.entries(operations)) {
    found[name] = await measure(call) * 1000 / parts;
  }
  return found;
};
