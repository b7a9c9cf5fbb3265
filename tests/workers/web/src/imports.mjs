import module from './files/add.wasm';
import text, * as everything from './files/note.txt';
import data from './files/bytes.bin';
import json from './files/some.json';
import {twice} from './more/deep.mjs';

export function all() {
  const {exports} = new WebAssembly.Instance(module);
  return {
    wasm: [module instanceof WebAssembly.Module, exports.add(40, 2)],
    text: [text, Object.keys(everything)],
    data: [data.constructor.name, [...new Uint8Array(data)]],
    json,
    deep: twice(21),
  };
}

export async function later() {
  const {default: text} = await import('./files/note.txt');
  const missing = await import('./files/none.txt').catch((error) => error.message);
  return [text, missing];
}
