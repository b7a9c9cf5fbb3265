// Writes the table of the npm package mime as JSON, {ending: type}: `mime_table.mjs PACKAGE FILE`.

import {writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const [folder, target] = process.argv.slice(2);
const load = async (name) => (await import(pathToFileURL(join(resolve(folder), 'dist', 'types', name)))).default;

/** @type {Record<string, string>} */
const table = {};
for (const types of [await load('standard.js'), await load('other.js')]) {
  for (const [type, endings] of Object.entries(types)) {
    // An ending with a star belongs to another type first.
    for (const ending of endings) if (!ending.startsWith('*')) table[ending] ??= type;
  }
}
writeFileSync(target, JSON.stringify(table));
