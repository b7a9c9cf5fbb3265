// Starts a Pyodide interpreter by driving Emscripten's glue directly, in two steps: until the C part of
// Python is initialised, and from there to a working foreign function interface. In between the host
// runs Python code that must come before any module that draws random numbers.
//
// Instead of the first step, the memory of another interpreter that has done it can be taken. What comes
// before that is the same for all of a Python version, and can be done ahead of time.

import {ops} from '../../web/js/host.js';
import {schedulerTimeout} from '../../web/js/timers.js';
import {ProxyFlags} from './proxy_flags.js';
import {Release} from './releases.js';
import {Libraries, referenceReader, reopenFiles} from './snapshot.js';
import {SuspendedFrames} from './suspended_frames.js';

/**
 * Globals that the glue looks at to find out where it runs. It must take this for a browser's main
 * thread: as Node or a shell it would look for their file systems. They are there only while the factory
 * function is being called; its detection is done before it first waits.
 */
const ENVIRONMENT = {
  window: {sessionStorage: {}},
  document: {createElement() {}},
  sessionStorage: {},
  importScripts: 1,
  WorkerGlobalScope: undefined,
  process: undefined,
  addEventListener() {},
  location: undefined,
};

/** @template T @param {() => T} callback @returns {T} */
function withEnvironment(callback) {
  const before = new Map();
  for (const name of Object.keys(ENVIRONMENT)) {
    before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(
        globalThis, name, {value: ENVIRONMENT[name], configurable: true, writable: true});
  }
  try {
    return callback();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) delete globalThis[name];
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

/**
 * What Pyodide schedules its tasks with, in place of a real MessageChannel: a message is delivered in a
 * task of its own, and nothing else is done about it.
 */
class TaskChannel {
  port1 = {onmessage: null, start() {}, close() {}};
  port2 = {
    postMessage: (data) => ops.queueTask(() => this.port1.onmessage?.({data})),
    close() {},
  };
}

/**
 * The value that stands for "a JavaScript error was thrown" between wasm and the glue. Pyodide makes it
 * with wasm-gc, which this V8 lacks; a symbol does as well.
 * @param {object} imports
 */
function addErrorMark(imports) {
  const mark = Symbol('error');
  const make = () => mark;
  const is = (value) => (value === mark ? 1 : 0);
  imports.env.Jsv_GetError_import = make;  // Pyodide 314
  imports.env.JsvError_Check = is;
  imports.sentinel = {create_sentinel: make, is_sentinel: is};  // 0.28
}

/** @returns {[number, number, number]} Python's version, from Emscripten's module */
function pythonVersion(module) {
  if (module._py_version_major !== undefined) {
    return [module._py_version_major(), module._py_version_minor(), module._py_version_micro()];
  }
  const word = module.HEAPU32[module._Py_Version >>> 2];
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255];
}

/**
 * @typedef {object} BootOptions
 * @property {string} python "3.12", "3.13" or "3.14"
 * @property {Record<string, string>} env environment variables
 * @property {string[]} [args] the command line after the program's name
 * @property {string} [program] what the interpreter takes for its own path
 * @property {{getRandomValues(view: ArrayBufferView): ArrayBufferView}} crypto the random source
 * @property {(text: string) => void} [print] a line of stdout, before the streams are set up
 * @property {(text: string) => void} [printErr] the same of stderr
 * @property {(module: object, sitePackages: string) => void} [prepareFiles] before Python runs
 * @property {(status: number) => void} [exit] ends the process when C code calls exit()
 */

/** An interpreter between its two steps, and after them. */
export class Interpreter {
  /**
   * The first step: Python is started.
   * @param {BootOptions} options
   * @returns {Promise<Interpreter>}
   */
  static start(options) {
    return Interpreter.#load(options, {noInitialRun: false});
  }

  /**
   * Instead of it: all but Python itself, for restore().
   * @param {BootOptions} options
   * @returns {Promise<Interpreter>}
   */
  static prepare(options) {
    return Interpreter.#load(options, {noInitialRun: true});
  }

  static async #load(options, run) {
    const release = new Release(options.python);
    const api = {
      config: {
        jsglobals: globalThis,
        env: options.env,
        lockFileURL: '',
        enableRunUntilComplete: true,
      },
      runtimeEnv: {IN_WORKERD: true, IN_BROWSER: true, IN_BROWSER_MAIN_THREAD: true},
    };
    const links = release.links();
    const libraries = new Libraries(links);
    let table;
    let sitePackages;
    const prepareFiles = (module) => {
      const [major, minor, micro] = api.pyVersionTuple = pythonVersion(module);
      const library = `/lib/python${major}.${minor}`;
      sitePackages = `${library}/site-packages`;
      api.sitePackages = module.FS.sitePackages = sitePackages;
      module.FS.sessionSitePackages = `/session${sitePackages}`;
      module.FS.mkdirTree(sitePackages);
      module.FS.mkdirTree(`${library}/lib-dynload`);
      module.FS.writeFile(`/lib/python${major}${minor}.zip`, release.file('python_stdlib.zip'),
          {canOwn: true});
      options.prepareFiles?.(module, sitePackages);
      Object.assign(module.ENV, options.env);
    };
    const module = await new Promise((resolve, reject) => {
      const settings = {
        API: api,
        arguments: options.args ?? [],
        print: options.print,
        printErr: options.printErr,
        locateFile: (name) => name,
        noImageDecoding: true,
        noAudioDecoding: true,
        noWasmDecoding: true,
        ...run,
        ...libraries.settings(() => table.length),
        links,
        suspendedFrames: new SuspendedFrames(),
        proxyFlags: new ProxyFlags(),
        preRun: [prepareFiles, (emscripten) => {
          emscripten.onRuntimeInitialized = () => resolve(emscripten);
        }],
        instantiateWasm(imports, done) {
          addErrorMark(imports);
          const instantiate = async () => {
            // Only here: until now its code may have been on the way from the disk.
            const wasm = await release.compiled('pyodide.wasm');
            const instance = await WebAssembly.instantiate(wasm, imports);
            // 314 exports its table, the others import it.
            table =
                instance.exports.__indirect_function_table ?? imports.env.__indirect_function_table;
            done(instance, wasm);
          };
          instantiate().catch(reject);
          return {};
        },
      };
      if (options.program !== undefined) settings.thisProgram = options.program;
      // 0.27 calls the second one only, 0.28 and 314 the first.
      if (options.exit !== undefined) Object.assign(settings, {onExit: options.exit, quit: options.exit});
      const create = release.moduleFactory({
        crypto: options.crypto,
        MessageChannel: TaskChannel,
        // asyncio's callbacks have their own context.
        setTimeout: schedulerTimeout,
      });
      withEnvironment(() => create(settings)).catch(reject);
    });
    return new Interpreter({module, sitePackages, libraries, table, release});
  }

  constructor({module, sitePackages, libraries, table, release}) {
    this.release = release;
    /** Emscripten's module. */
    this.module = module;
    this.libraries = libraries;
    /** Functions that C code calls by their index. @type {WebAssembly.Table} */
    this.table = table;
    this.api = module.API;
    this.sitePackages = sitePackages;
    /** Pyodide's public interface, from the second step on. */
    this.pyodide = undefined;
  }

  /**
   * Runs Python code in `__main__`; works before the second step as well.
   * @param {string} code
   * @returns {string} what it wrote to stderr
   */
  run(code) {
    const [status, stderr] = this.api.rawRun(code);
    if (status !== 0) throw new Error(`Failed to run Python code:\n${code}\n\nError:\n${stderr}`);
    return stderr;
  }

  /** @param {string} name @returns {Function} a function of Python's C API */
  nativeFunction(name) {
    const {links} = this.module;
    if (links === undefined) return this.module[`_${name}`];
    const found = {};
    links.define(name, found, this.table);
    return found[name];
  }

  /**
   * After prepare(): takes the memory of a snapshot, whose libraries are files.
   * @param {{description: import('./snapshot.js').Description, size: number}} snapshot `size` in bytes
   * @param {(path: string) => WebAssembly.Module | undefined} [findCompiled] a library that need not be
   *     read
   */
  async restore({description, size}, findCompiled) {
    const {libraries, tableLength, stackPointer, workingFolder, openFiles} = description;
    const {FS} = this.module;
    const larger = size - this.module.HEAP8.length;
    if (larger < 0) throw new Error('the snapshot is smaller than a new memory');
    if (larger > 0 && !this.module.growMemory(size)) {
      throw new Error(`a memory of ${size} bytes cannot be had`);
    }
    await this.libraries.restore(this.module, this.table, libraries, findCompiled);
    if (this.table.length !== tableLength) {
      throw new Error(`the function table has ${this.table.length} entries, not ${tableLength}`);
    }
    FS.chdir(workingFolder);
    reopenFiles(FS, openFiles);
    this.module.stackRestore(stackPointer);
    // Last: all before has written to the memory.
    ops.pythonSnapshotMap(this.module.HEAP8.buffer);
  }

  /**
   * The second step.
   * @param {import('./snapshot.js').Description} [description] of the snapshot that was restored
   * @param {Record<string, object>} [roots] the host's objects that Python held then
   */
  finish(description, roots) {
    this.pyodide = description === undefined ? this.api.finalizeBootstrap()
      : this.api.finalizeBootstrap(description.references, referenceReader(this.api, roots));
    this.pyodide.loadPackage = () => {
      throw new Error('pyodide.loadPackage is disabled');
    };
    // micropip asks which packages Pyodide's own distribution has. A Worker gets none from there.
    for (const name of ['lockfile_info', 'lockfile_packages', 'repodata_info', 'repodata_packages']) {
      this.api[name] ??= {};
    }
  }

  /**
   * Runs a source file of ours with globals of its own.
   * @param {string} source
   * @param {string} filename what tracebacks call it
   * @returns {object} the globals, a PyProxy of a dict
   */
  runModule(source, filename) {
    const name = filename.replace(/\.py$/, '');
    const globals = this.pyodide.toPy({__name__: name});
    this.pyodide.runPython(source, {globals, filename});
    return globals;
  }
}
