// Failures of JavaScript that Python calls.

function inner(message) {
  throw new RangeError(message);
}

export function outer(message) {
  inner(message);
}

export const call = (callback) => callback();

export function throwText() {
  throw 'only a text';
}

export async function reject(message) {
  await null;
  inner(message);
}
