// The glue of a release whose main module is linked ahead of time.
//
// Emscripten's loader gives every symbol of the main module a name in the glue, a place in the table and
// an entry in its own records, at each start. Python needs few of them: the rest is made on demand, when a
// side module asks for it (js/links.js).

import {replaceOnce} from './glue_patches.mjs';

const LINKED = 'LDSO.init();loadDylibs();updateMemoryViews();return wasmExports}';
const MERGE = 'mergeLibSymbols(wasmExports,"main");var metadata=';

/** Exports that are used without being named in the glue. */
const ALWAYS = [
  'memory', '__indirect_function_table', '__stack_pointer', '__cpp_exception', '__c_longjmp',
  '__main_argc_argv',
];

/** Symbols that this host's JavaScript uses, as the glue names them. */
const HOST = [
  '_Py_EMSCRIPTEN_SIGNAL_HANDLING', '_Py_FinalizeEx', '_Py_Version', '__PyRuntime',
];

const IDENTIFIER = /[A-Za-z_$][\w$]*/g;

/** @param {string} glue @returns {string} that tells what its loader has done, in `Module.linked` */
export function observedGlue(glue) {
  const observed = replaceOnce(glue, MERGE,
      `var ownLength=wasmExports["__indirect_function_table"].length;${MERGE}`);
  return replaceOnce(observed, LINKED, LINKED.replace('return', `
      Module.linked({GOT,wasmTable,exports:origExports,ownLength});return`));
}

/** The part of a text from `start` on, up to and including `end`. */
function piece(text, start, end) {
  const at = text.indexOf(start);
  return text.slice(at, text.indexOf(end, at) + end.length);
}

/** Puts a function of the glue into the table, as the loader does. */
const placeHostFunction = ([slot, name]) =>
  `setWasmTableEntry(${slot},convertJsFunctionToWasm(wasmImports.${name},wasmImports.${name}.sig));`;

/**
 * @param {string} glue
 * @param {import('./record_links.mjs').Links} links
 * @returns {{text: string, exports: Set<string>}} with the exports of the main module that it uses
 */
export function linkedGlue(glue, {hostFunctions}) {
  const assign = 'function assignWasmExports(wasmExports){';
  const assignments = piece(glue, assign, '}');
  const statements = assignments.slice(assign.length, -1).split(';').filter(Boolean);
  // The names are declared where the first of them is.
  const firstName = statements[0].slice(0, statements[0].indexOf('='));
  const declarations = piece(glue, `var ${firstName},`, ';');
  const rest = replaceOnce(replaceOnce(glue, assignments, ''), declarations, '');

  const used = new Set([...rest.match(IDENTIFIER), ...HOST]);
  const exports = new Set(ALWAYS);
  for (const [, name] of rest.matchAll(/wasmExports(?:\["|\.)(\w+)/g)) exports.add(name);
  const kept = statements.filter((statement) => {
    // _malloc=Module["_malloc"]=wasmExports["malloc"], or the .value of one that is data.
    const [names, name] = statement.split(/=wasmExports\["(\w+)"\]/);
    const isUsed = names.match(IDENTIFIER).some((word) => word !== 'Module' && used.has(word));
    if (isUsed) exports.add(name);
    return isUsed;
  });
  const keptNames = new Set(kept.flatMap((statement) => statement.match(IDENTIFIER)));
  const declared = declarations.slice('var '.length, -1).split(',')
      .filter((name) => used.has(name) || keptNames.has(name));

  const changes = [
    [declarations, `var ${declared.join(',')};`],
    [assignments, `${assign}${kept.join(';')}}`],
    ['updateGOT(origExports);', [...hostFunctions].map(placeHostFunction).join('')],
    [
      'loadWebAssemblyModule=(binary,flags,libName,localScope,handle)=>{',
      'loadWebAssemblyModule=(binary,flags,libName,localScope,handle)=>{' +
          'binary=Module.links.prepare(binary,GOT,wasmImports,wasmTable,libName);',
    ],
    [
      'symbol=UTF8ToString(symbol);var result;var newSymIndex;',
      'symbol=UTF8ToString(symbol);var result;var newSymIndex;' +
          'Module.links.define(symbol,wasmImports,wasmTable);',
    ],
  ];
  const text = changes.reduce((before, [old, replacement]) => replaceOnce(before, old, replacement), glue);
  return {text, exports};
}

/**
 * @param {import('./record_links.mjs').Links} links
 * @param {Set<string>} exports
 * @returns {string} what relink is to do
 */
export function planText({addresses, slots, elements, tableLength, imported}, exports) {
  const lines = imported.map((name) => `global ${name} ${addresses[name] ?? slots[name] ?? 0}`);
  for (const name of exports) lines.push(`export ${name}`);
  let last;
  for (const [slot, index] of elements) {
    if (slot - 1 === last) lines.push(`${lines.pop()} ${index}`);
    else lines.push(`element ${slot} ${index}`);
    last = slot;
  }
  lines.push(`table ${tableLength}`, '');
  return lines.join('\n');
}
