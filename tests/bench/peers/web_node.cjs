// Runs one of the scripts beside it in Node: `node web_node.cjs web_operations.js`.

'use strict';

const {readFileSync} = require('node:fs');
const {join} = require('node:path');
const {runInThisContext} = require('node:vm');

globalThis.crypto ??= require('node:crypto').webcrypto;
globalThis.report = (text) => process.stdout.write(text);
for (const name of ['timing.js', process.argv[2]]) {
  const script = join(__dirname, name);
  runInThisContext(readFileSync(script, 'utf8'), script);
}
