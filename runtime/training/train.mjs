// Has the new runtime serve `worker.py` and answer uv's question on one Python, and keeps the answer and
// the code that it compiles: `node train.mjs RUNTIME UV PYTHON WORK SHARE`.
//
// PYTHON  "3.14"
// WORK    a folder for what is needed meanwhile; emptied first
// SHARE   the install tree's assets

import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

const [runtime, uv, python, work, share] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));
const environment = {...process.env, CWRANGLER_CACHE_DIR: work};

const REQUESTS = ['/', '/text', '/wait', '/fail', '/post'];
const ROUNDS = 20;

/** How long a start or a request may take on a slow machine, in milliseconds. */
const PATIENCE = 120_000;

/** Compilation on other threads is over when the process has used no time for this long. */
const QUIET = 500;

/** What a command waits for the same, in seconds. */
const SETTLING = 2;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const {port} = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @returns {number} ticks of CPU time that a process has used */
function cpuTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function becomesQuiet(pid) {
  for (let before = -1, now = cpuTime(pid); now !== before;) {
    await sleep(QUIET);
    [before, now] = [now, cpuTime(pid)];
  }
}

async function answered(base, path) {
  const options = path === '/post'
    ? {method: 'POST', body: '{"a": [1, 2.5, "x", null]}', headers: {'content-type': 'application/json'}}
    : {};
  await (await fetch(base + path, {...options, signal: AbortSignal.timeout(PATIENCE)})).arrayBuffer();
}

async function serveOnce() {
  const config = join(work, 'worker.json');
  writeFileSync(config, JSON.stringify({
    name: 'training',
    main_module: 'worker.py',
    compatibility_date: '2026-06-01',
    compatibility_flags: ['python_workers'],
    python_version: python,
    modules: [{name: 'worker.py', type: 'python', path: join(here, 'worker.py')}],
    bindings: [],
  }));
  const port = await freePort();
  const server = spawn(runtime, ['serve', '--config', config, '--port', String(port)],
      {env: environment, stdio: ['ignore', 'ignore', 'ignore']});
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const base = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + PATIENCE; ; await sleep(50)) {
    try {
      await answered(base, '/');
      break;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const path of REQUESTS) await answered(base, path);
  }
  await becomesQuiet(server.pid);
  server.kill('SIGTERM');
  await ended;
}

const ask = (interpreter) => spawnSync(
    uv, ['--cache-dir', join(work, 'uv'), 'python', 'find', '--no-project', interpreter],
    {env: {...environment, UV_PYTHON_DOWNLOADS: 'never'}});

/** Has uv ask something that only takes a copy of the question, and then Python answer it. */
function trainForQuestion() {
  const question = join(work, 'question');
  const listener = join(work, `python${python}`);
  writeFileSync(listener,
      `#!/bin/sh\ncp -r "$(echo "$4" | sed 's/.*b"\\([^"]*\\)".*/\\1/')" '${question}'\nexit 1\n`);
  chmodSync(listener, 0o755);
  ask(listener);
  const command = 'import sys, time\n' +
      `sys.path.insert(0, ${JSON.stringify(question)})\n` +
      'from python.get_interpreter_info import main\n' +
      'main()\n' +
      `time.sleep(${SETTLING})\n`;
  execFileSync(runtime, ['python', '--release', python, '-I', '-B', '-c', command], {env: environment});
}

rmSync(work, {recursive: true, force: true});
mkdirSync(work, {recursive: true});
trainForQuestion();
// From the base snapshot, with the import of the Worker; then from the Worker's own.
await serveOnce();
await serveOnce();
// The answer itself is kept as well.
ask(join(dirname(runtime), '..', 'lib', 'cwrangler', 'python', python, 'bin', `python${python}`));
for (const made of ['code', 'interpreter']) {
  // None is made where that of an earlier build will do.
  if (existsSync(join(work, made))) {
    cpSync(join(work, made), join(share, made), {recursive: true});
  }
}
rmSync(work, {recursive: true, force: true});
