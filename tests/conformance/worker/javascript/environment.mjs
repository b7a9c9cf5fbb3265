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
