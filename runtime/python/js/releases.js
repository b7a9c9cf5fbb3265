// Pyodide's releases in share/cwrangler/pyodide, one folder for each Python version, as the build has
// prepared them (runtime/python/releases).
//
// The glue is compiled as the body of a function: its names stay out of the global scope, and what it
// looks up as a global can be given to it as a parameter.

import {ops} from '../../web/js/host.js';
import {Links} from './links.js';
import {compileModule} from './wasm_modules.js';

/** Parameters of the compiled glue, which hide globals of the same name. */
const PARAMETERS = ['crypto', 'MessageChannel', 'setTimeout'];

const VERSIONS = ['3.12', '3.13', '3.14'];

/** Those whose main module the build has linked. */
const LINKED = ['3.14'];

/** A Pyodide release. */
export class Release {
  /** @param {string} python "3.12", "3.13" or "3.14" */
  constructor(python) {
    if (!VERSIONS.includes(python)) throw new Error(`there is no Pyodide for Python ${python}`);
    this.python = python;
    this.folder = `pyodide/${python}`;
    /** Keeps the bytecode of what has run of the glue, for the next start. */
    this.keepCode = () => {};
  }

  /** @param {string} name @returns {Uint8Array} a file of the release, mapped into memory */
  file(name) {
    return ops.pythonAsset(`${this.folder}/${name}`);
  }

  /**
   * @param {string} name of a WebAssembly module
   * @returns {Promise<WebAssembly.Module>}
   */
  async compiled(name) {
    return ops.pythonFindCompiledAsset(`${this.folder}/${name}`) ?? compileModule(this.file(name));
  }

  /** @returns {Links | undefined} where symbols of the main module are, when it is linked */
  links() {
    if (!LINKED.includes(this.python)) return undefined;
    return new Links(() => ops.pythonAssetText(`${this.folder}/symbols.json`));
  }

  /**
   * @param {Record<string, any>} globals what the glue is to see instead of the globals of that name:
   *     those of PARAMETERS
   * @returns {(settings: object) => Promise<object>} Emscripten's module factory
   */
  moduleFactory(globals) {
    const path = `${this.folder}/glue.js`;
    const compiled = ops.pythonCompile(ops.pythonAssetText(path), path, PARAMETERS);
    this.keepCode = () => ops.pythonKeepScript(path, compiled);
    return compiled(...PARAMETERS.map((name) => globals[name]));
  }
}
