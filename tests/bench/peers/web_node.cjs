// Runs web_operations.js in Node: `node web_node.cjs`.

'use strict';

const {readFileSync} = require('node:fs');
const {join} = require('node:path');
const {runInThisContext} = require('node:vm');

globalThis.report = (text) => process.stdout.write(text);
const script = join(__dirname, 'web_operations.js');
runInThisContext(readFileSync(script, 'utf8'), script);
