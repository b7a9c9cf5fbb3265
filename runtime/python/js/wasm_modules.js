// Compiled WebAssembly modules, with the help of code that other isolates and earlier processes have
// compiled (runtime/engine/wasm_code.h).

import {ops} from '../../web/js/host.js';

let compileStreaming;

/** Takes the functions that Workers do not have from WebAssembly. Before any code of the Worker's. */
function takeStreaming() {
  compileStreaming = WebAssembly.compileStreaming;
  delete WebAssembly.compileStreaming;
  delete WebAssembly.instantiateStreaming;
}

/**
 * @param {Uint8Array} bytes a module
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compileModule(bytes) {
  if (compileStreaming === undefined) takeStreaming();
  const key = ops.pythonModuleKey(bytes);
  const compiled = ops.pythonFindCompiled(key);
  if (compiled !== undefined) return compiled;
  const module = await compileStreaming([bytes, key]);
  ops.pythonKeepCompiled(key, module);
  return module;
}
