// Looks at the importable environment from tasks that interleave.

import {env, withEnv} from 'cloudflare:workers';

export async function interleaved() {
  const seen = [env.GREETING];
  const look = async () => {
    seen.push(env.GREETING);
    await null;
    await Promise.resolve().then(() => seen.push(env.GREETING));
  };
  await Promise.all([
    withEnv({GREETING: 'one'}, look),
    withEnv({GREETING: 'two'}, look),
  ]);
  seen.push(env.GREETING);
  return seen;
}

export async function inOther(callback) {
  const kept = callback.copy?.() ?? callback;
  return withEnv({GREETING: 'other'}, async () => {
    await null;
    return kept();
  });
}

export async function inTimers() {
  const seen = [];
  const look = (resolve) => {
    seen.push(env.GREETING);
    resolve();
  };
  const eachWay = () => Promise.all([
    new Promise((resolve) => queueMicrotask(() => look(resolve))),
    new Promise((resolve) => setTimeout(look, 1, resolve)),
    new Promise((resolve) => {
      const interval = setInterval(() => {
        clearInterval(interval);
        // One in the other.
        setTimeout(() => look(resolve), 1);
      }, 1);
    }),
  ]);
  await Promise.all([withEnv({GREETING: 'other'}, eachWay), eachWay()]);
  return seen.sort();
}

export async function inTimersOf(callback) {
  await new Promise((resolve) => {
    setTimeout(() => queueMicrotask(() => resolve(callback())), 1);
  });
}
