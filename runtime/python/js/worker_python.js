// Python with what a Worker has beside it: from nothing, or from a snapshot, to its main module.

import {hooks, ops} from '../../web/js/host.js';
import {writeLog} from '../../web/js/log.js';
import {cloudflareSockets, connect} from '../../web/js/sockets.js';
import {enterTopLevel} from '../../web/js/top_level.js';
import {attachPython} from './async_context.js';
import {Interpreter} from './boot.js';
import {cloudflareWorkers, patchEnvironment, WorkerEntrypoint} from './cloudflare_workers.js';
import {CpuSignal} from './cpu_signal.js';
import {EntropyGate} from './entropy.js';
import {EventLoop} from './event_loop.js';
import {patchWaitUntil} from './execution_context.js';
import {makeReadOnlyFileSystem} from './file_system.js';
import {showAsRepr} from './proxy_text.js';
import {sdkRequests} from './sdk_requests.js';
import {openSnapshot, SnapshotPrevented, takeSnapshot} from './snapshot.js';
import {SnapshotReport} from './snapshot_report.js';
import {LineWriter} from './streams.js';
import {isTracing} from './traces.js';
import {importError} from './user_error.js';

const MODULES = '/session/metadata';

/** The same in every instance, so that what the top level computes is as well. */
const HASH_SEED = '111';

/** Modules that most Workers import, in an order that leaves nothing of it to chance. */
const COMMON_MODULES = `
import _pyodide, _pyodide.docstring, _pyodide._core_docs, traceback, collections.abc, asyncio, inspect
import _cloudflare.restored_state
import importlib, importlib.metadata, importlib.machinery, re, sysconfig, pathlib, site, tempfile, typing
sysconfig.get_config_vars()
for name in [name for name in globals() if not name.startswith("__")]:
    del globals()[name]
del globals()["name"]
`;

const moduleFiles = {
  root: 0,
  list: (folder) => ops.pythonModuleList(folder),
  lookup: (folder, name) => ops.pythonModuleLookup(folder, name),
  read: (id, position, into) => ops.pythonModuleRead(id, position, into),
};

const log = (level) => (line) => writeLog(level, line);

/**
 * How a Worker's interpreter is started.
 * @param {string} python its version
 * @param {EntropyGate} crypto
 * @returns {import('./boot.js').BootOptions}
 */
const bootOptions = (python, crypto) => ({
  python,
  env: {HOME: '/session', PYTHONHASHSEED: HASH_SEED},
  crypto,
  print: log('log'),
  printErr: log('error'),
  prepareFiles({FS}, sitePackages) {
    const folder = `${sitePackages}/_cloudflare`;
    FS.mkdirTree(folder);
    for (const name of ops.pythonAssetList('python/_cloudflare')) {
      // Mapped, not copied: an encoder in JavaScript took 6 ms of each start for them.
      FS.writeFile(
          `${folder}/${name}`, ops.pythonAsset(`python/_cloudflare/${name}`), {canOwn: true});
    }
    FS.mkdirTree(MODULES);
  },
});

/**
 * What any Worker's start can go on from.
 * @type {{python: string, crypto: EntropyGate, interpreter: Promise<Interpreter>} | undefined}
 */
let prepared;

/**
 * Begins the start of a Worker that is not known yet.
 * @param {string} python its version
 */
hooks.prepareInterpreter = (python) => {
  enterTopLevel();
  const crypto = new EntropyGate();
  prepared = {python, crypto, interpreter: Interpreter.prepare(bootOptions(python, crypto))};
  prepared.interpreter.then(
      () => ops.debug('an interpreter was prepared'),
      (error) => ops.debug(`no interpreter was prepared: ${error?.stack ?? error}`));
};

export class WorkerPython {
  #entropy = new EntropyGate();
  #report = new SnapshotReport(this);
  #onDeath;
  /** @type {Function[] | undefined} takes Python's lock, gives it back */
  #lock;
  /** @type {import('./snapshot.js').Layer | undefined} the snapshot that it goes on from */
  #layer;

  /**
   * @param {Pick<import('./worker.js').WorkerConfiguration, 'pythonVersion' | 'flags'>} configuration
   * @param {(error: unknown) => void} onDeath it cannot go on: os._exit, a crash in wasm, memory run
   *     out
   */
  constructor({pythonVersion, flags}, onDeath) {
    this.pythonVersion = pythonVersion;
    this.flags = flags;
    this.#onDeath = onDeath;
  }

  /**
   * Starts Python, from a snapshot where there is one.
   * @param {import('./snapshot.js').Layer[]} layers that may be gone on from, the best first
   */
  async start(layers) {
    this.#layer = await this.#startInterpreter(layers);
    this.#connectStreams();
  }

  /** The Worker's modules may be others than before: forgets those that were looked up. */
  forgetModules() {
    const {FS} = this.interpreter.module;
    const open = FS.streams.find((stream) => stream?.path?.startsWith(MODULES));
    if (open !== undefined) throw new Error(`${open.path} is open`);
    FS.unmount(MODULES);
    this.#mountModules(FS);
  }

  /**
   * Imports the main module, or finds it imported in the snapshot.
   * @param {string} name of the module
   * @returns {Promise<object>} a PyProxy of the module
   */
  async importMain(name) {
    this.#report.begin();
    if (this.#layer === 'worker') return this.interpreter.pyodide.pyimport(name);
    if (this.#layer !== 'packages') {
      this.#setUpSearchPath();
      this.#registerHostModules();
      if (await this.#importPackages()) this.#takeSnapshot('packages');
    }
    const module = await this.#importMainModule(name);
    this.ownModule('sdk_adjustments.py').destroy();
    this.ownModule('introspection.py').destroy();
    this.#takeSnapshot('worker');
    return module;
  }

  /** @returns {Promise<import('./snapshot.js').Layer | undefined>} the snapshot it goes on from */
  async #startInterpreter(layers) {
    const snapshot = openSnapshot(layers);
    if (snapshot !== undefined) {
      try {
        await this.boot(snapshot);
        this.#report.restored(snapshot.layer);
        return snapshot.layer;
      } catch (error) {
        ops.debug(`the snapshot could not be restored: ${error.stack ?? error}`);
      }
    }
    await this.boot();
    return undefined;
  }

  /** The next instance need not do again what was done so far. */
  #takeSnapshot(layer) {
    try {
      if (layer === 'worker') this.#checkRandomState();
      if (takeSnapshot(layer, this.interpreter, this.#hostObjects())) this.#report.taken(layer);
    } catch (error) {
      // Whatever it is, the Worker itself is not the worse for it.
      ops.debug(`no snapshot of the ${layer} was taken: ${error.stack ?? error}`);
      this.#report.prevented(layer, error);
    }
  }

  /** What was seeded with a constant must still be unused: each instance would go on with it. */
  #checkRandomState() {
    if (!ops.pythonSnapshotWanted('worker')) return;
    try {
      this.interpreter.run(
          'from _cloudflare.entropy_patches import after_snapshot; after_snapshot(); del after_snapshot');
    } catch (error) {
      const [reason] = error.message.match(/^\w+: .*$/m) ?? [error.message];
      throw new SnapshotPrevented(reason);
    }
  }

  /** Objects of ours that Python may hold, by names that are the same in every instance. */
  #hostObjects() {
    return this.hostObjects ??= {
      helper: {
        doAnImport: (specifier) => ops.pythonImport(specifier),
        cloudflareWorkersModule: cloudflareWorkers,
        cloudflareSocketsModule: cloudflareSockets,
        workerEntrypoint: WorkerEntrypoint,
        patchWaitUntil,
        patch_env_helper: patchEnvironment,
      },
      // In a box: the foreign function interface makes a future of a promise that a function returns.
      rpc: {begin: (member, ...args) => ({promise: member(...args)})},
      compatibilityFlags: {...this.flags},
      sdkRequests: sdkRequests(() => this.interpreter.module.HEAPU8),
      eventLoop: {
        wake: () => this.eventLoop.wake(),
        show: (scope) => this.eventLoop.show(scope),
      },
      moduleCode: {
        find: (key) => ops.pythonFindCode(key),
        keep: (key, code) => ops.pythonKeepCode(key, code),
      },
    };
  }

  /**
   * From nothing, or from a snapshot, to a working foreign function interface and the modules that
   * everybody needs. Takes a snapshot of the base layer where there was none.
   * @param {ReturnType<typeof openSnapshot>} [snapshot] to go on from
   */
  async boot(snapshot) {
    const ofWorker = (path) => (path.startsWith(`${MODULES}/`) ? path.slice(MODULES.length + 1) : '');
    for (const {name} of snapshot?.description.libraries ?? []) ops.pythonModulePreload(ofWorker(name));
    const isOfWorker = snapshot !== undefined && snapshot.layer !== 'base';
    if (snapshot === undefined) {
      this.interpreter =
          await Interpreter.start(bootOptions(this.pythonVersion, this.#entropy));
    } else {
      this.interpreter = await this.#unstartedInterpreter();
      // A base layer is the same for all Workers, so theirs come after it.
      if (isOfWorker) this.#mountModules(this.interpreter.module.FS);
      await this.interpreter.restore(
          snapshot, (path) => ops.pythonModuleFindCompiled(ofWorker(path)));
    }
    const {api, module, sitePackages} = this.interpreter;
    // Python's own sockets, which only the newest release can have, stand on connect() as well.
    await api.initializeNodeSockFS?.((...args) => this.#withLock(() => connect(...args)));
    api.on_fatal = this.#onDeath;
    this.#entropy.attach(this.interpreter);
    this.cpuSignal = new CpuSignal(module);
    this.eventLoop = new EventLoop(module);
    if (snapshot === undefined) {
      this.interpreter.run(
          `import sys; sys.path += ["${MODULES}", "/session${sitePackages}"]; del sys\n` +
          'from _cloudflare.entropy_patches import before_top_level\n' +
          'before_top_level(); del before_top_level');
    }
    this.interpreter.finish(snapshot?.description, this.#hostObjects());
    if (snapshot !== undefined) this.#checkRestored();
    // The second boot step overwrites what it was in the environment.
    api.os.environ.__setitem__('LD_LIBRARY_PATH',
        `/usr/lib:${sitePackages}:${MODULES}/python_modules/lib/`);
    if (snapshot === undefined) {
      this.#install('module_code', this.#hostObjects().moduleCode);
      this.#install('sdk_requests', this.#hostObjects().sdkRequests);
      this.#install('sdk_bindings', this.#hostObjects().sdkRequests);
      this.interpreter.run(COMMON_MODULES);
      if (this.pythonVersion === '3.12') {
        this.interpreter.run(
            'from _cloudflare.blocking import sleep_without_blocking_others as patch\n' +
            'patch(); del patch');
      }
    }
    this.#attachEventLoop(snapshot === undefined);
    const context = this.interpreter.pyodide.pyimport('_cloudflare.async_context');
    const proxyText = this.interpreter.pyodide.pyimport('_cloudflare.proxy_text');
    showAsRepr(proxyText.text.copy(), [proxyText, proxyText.text]);
    proxyText.destroy();
    attachPython({current: context.current.copy(), enter: context.enter.copy()});
    context.destroy();
    if (snapshot === undefined) this.#takeSnapshot('base');
    if (!isOfWorker) this.#mountModules(module.FS);
  }

  /** @returns {Promise<Interpreter>} one that waits for its memory */
  async #unstartedInterpreter() {
    const ready = prepared?.python === this.pythonVersion ? prepared : undefined;
    prepared = undefined;
    if (ready === undefined) {
      return Interpreter.prepare(bootOptions(this.pythonVersion, this.#entropy));
    }
    this.#entropy = ready.crypto;
    ops.debug('an interpreter that was prepared is used');
    return ready.interpreter;
  }

  /** Throws when what was restored must not be used. */
  #checkRestored() {
    const module = this.interpreter.pyodide.pyimport('_cloudflare.restored_state');
    try {
      module.check();
    } finally {
      module.destroy();
    }
  }

  /** Gives a module of `_cloudflare` the host's side of it. @param {string} name @param {object} host */
  #install(name, host) {
    const module = this.interpreter.pyodide.pyimport(`_cloudflare.${name}`);
    module.install(host);
    module.destroy();
  }

  /** @param {boolean} isNew Python was started, not restored */
  #attachEventLoop(isNew) {
    if (isNew) this.#install('event_loop', this.#hostObjects().eventLoop);
    const loop = this.interpreter.pyodide.pyimport('_cloudflare.event_loop');
    this.eventLoop.attach(loop.run_ready.copy());
    loop.destroy();
  }

  #mountModules(FS) {
    FS.mount(makeReadOnlyFileSystem(FS, moduleFiles), {}, MODULES);
  }

  #connectStreams() {
    const {api, pyodide} = this.interpreter;
    this.stdout = new LineWriter((line) => this.#writeLine('log', line));
    this.stderr = new LineWriter((line) => this.#writeLine('error', line));
    api.initializeStreams?.(() => null);
    pyodide.setStdout({write: (bytes) => this.stdout.write(bytes), isatty: false});
    pyodide.setStderr({write: (bytes) => this.stderr.write(bytes), isatty: false});
  }

  #writeLine(level, line) {
    if (!isTracing()) writeLog(level, line);
    else this.#withLock(() => writeLog(level, line));
  }

  /**
   * Python gives its lock up in a system call. Who asks it there whose event this is needs the lock: what
   * is thrown from inside the call would leave the interpreter without it.
   * @template T
   * @param {() => T} callback
   * @returns {T}
   */
  #withLock(callback) {
    const [ensure, release] = this.#lock ??= ['PyGILState_Ensure', 'PyGILState_Release'].map(
        (name) => this.interpreter.nativeFunction(name));
    const state = ensure();
    try {
      return callback();
    } finally {
      release(state);
    }
  }

  #setUpSearchPath() {
    const globals = this.ownModule('search_path.py');
    const setUp = globals.get('set_up');
    setUp(!this.flags.python_workers_force_new_vendor_path, this.flags.python_process_pth_files);
    setUp.destroy();
    globals.destroy();
  }

  /** @returns {object} the globals of a Python file of ours, a PyProxy; it is run if it has not yet */
  ownModule(name) {
    const ran = this.interpreter.pyodide.pyimport('_cloudflare.host_modules.modules');
    let globals = ran.get(name);
    if (globals === undefined) {
      const moduleCode = this.interpreter.pyodide.pyimport('_cloudflare.module_code');
      globals = moduleCode.run(name, ops.pythonAssetText(`python/${name}`));
      moduleCode.destroy();
      ran.set(name, globals);
    }
    ran.destroy();
    return globals;
  }

  #registerHostModules() {
    const {pyodide} = this.interpreter;
    const {helper, rpc, compatibilityFlags} = this.#hostObjects();
    pyodide.registerJsModule('_pyodide_entrypoint_helper', helper);
    pyodide.registerJsModule('_cloudflare_rpc', rpc);
    pyodide.registerJsModule('_cloudflare_compat_flags', compatibilityFlags);
  }

  /** @returns {Promise<boolean>} whether what the Worker's code begins with was imported */
  async #importPackages() {
    const [imports, own] = ops.pythonLeadingImports();
    if (imports.length === 0) return false;
    if (!await this.#callSearchPath('import_leading', imports, own)) return false;
    // It imports the SDK, which is nothing new to a Worker that begins with it.
    if (imports.some(([module]) => module === 'workers')) this.ownModule('introspection.py').destroy();
    return true;
  }

  /** @returns {Promise<object>} a PyProxy of the module */
  async #importMainModule(name) {
    try {
      return await this.#callSearchPath('import_main_module', name);
    } catch (error) {
      throw importError(error);
    }
  }

  /** Calls a function that imports. @returns {Promise<any>} */
  async #callSearchPath(name, ...args) {
    const globals = this.ownModule('search_path.py');
    const callable = globals.get(name);
    globals.destroy();
    const values = args.map((value) => this.interpreter.pyodide.toPy(value));
    try {
      return await callable.callPromising(...values);
    } finally {
      for (const value of values) value.destroy?.();
      callable.destroy();
    }
  }

  /** Before the first event: randomness becomes real. */
  endTopLevel() {
    this.interpreter.run(
        'from _cloudflare.entropy_patches import before_first_request\n' +
        'before_first_request(); del before_first_request');
  }

  /** Passes on what was printed without a newline: the next event prints a line of its own. */
  flushStreams() {
    this.stdout.flush();
    this.stderr.flush();
  }
}

/**
 * Takes the base snapshot, for the build, which makes a part of the install tree with it.
 * @param {string} pythonVersion
 */
hooks.makeBaseSnapshot = async (pythonVersion) => {
  enterTopLevel();
  // What Python dies of, boot() rejects with as well.
  await new WorkerPython({pythonVersion, flags: {}}, () => {}).boot();
};
