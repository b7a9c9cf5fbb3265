// Prepares a Pyodide release for the runtime: `node prepare.mjs VERSION PACKAGE RELINK DESTINATION`.
//
// VERSION      of Python, "3.12"
// PACKAGE      folder of the npm package
// RELINK       the program of relink/
// DESTINATION  folder that gets glue.js, pyodide.wasm and symbols.json (of a linked release)

import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {exit} from 'node:process';

import {RELEASES, replaceOnce} from './glue_patches.mjs';
import {linkedGlue, observedGlue, planText} from './linked_glue.mjs';
import {recordLinks} from './record_links.mjs';

const [version, package_, relink, destination] = process.argv.slice(2);
const {glue, replacements, linked} = RELEASES[version];
const source = replacements.reduce(
    (text, [old, replacement]) => replaceOnce(text, old, replacement),
    readFileSync(join(package_, glue), 'utf8'));
const wasm = join(package_, 'pyodide.asm.wasm');
const output = (name) => join(destination, name);

for (const name of ['glue.js', 'pyodide.wasm', 'symbols.json']) {
  if (existsSync(output(name))) rmSync(output(name));
}
if (linked) {
  const links = await recordLinks(observedGlue(source), wasm);
  const {text, exports} = linkedGlue(source, links);
  writeFileSync(output('glue.js'), text);
  const plan = output('plan.txt');
  writeFileSync(plan, planText(links, exports));
  execFileSync(relink, [wasm, plan, output('pyodide.wasm')], {stdio: 'inherit'});
  rmSync(plan);
  const {addresses, slots} = links;
  writeFileSync(output('symbols.json'), JSON.stringify({addresses, slots}));
} else {
  writeFileSync(output('glue.js'), source);
  copyFileSync(wasm, output('pyodide.wasm'));
}
// The interpreter that was started for its links would go on.
exit(0);
