// A Python Worker: from a configuration to a function that answers requests.

import {StaticAssets} from '../../bindings/assets/static_assets.js';
import {RpcValues} from '../../bindings/service/rpc_values.js';
import {hooks, ops} from '../../web/js/host.js';
import {setOutboundMap} from '../../web/js/outbound.js';
import {cloudflareSockets, connect} from '../../web/js/sockets.js';
import {setStandardBinaryType} from '../../web/js/websocket.js';
import {enterTopLevel, isTopLevel, leaveTopLevel} from '../../web/js/top_level.js';
import {attachPython, currentScope, Scope} from './async_context.js';
import {Interpreter} from './boot.js';
import {cloudflareWorkers, patchEnvironment, setEnvironment, WorkerEntrypoint}
  from './cloudflare_workers.js';
import {CpuSignal} from './cpu_signal.js';
import {Entrypoints} from './entrypoints.js';
import {EntropyGate} from './entropy.js';
import {makeEnvironment} from './env.js';
import {EventLoop} from './event_loop.js';
import {ForwardableEmailMessage, MessageBatch, ScheduledController} from './events.js';
import {ExecutionContext, patchWaitUntil} from './execution_context.js';
import {makeReadOnlyFileSystem} from './file_system.js';
import {isProxy} from './proxies.js';
import {openSnapshot, takeSnapshot} from './snapshot.js';
import {LineWriter} from './streams.js';
import {annotate, importError, startError} from './user_error.js';

const MODULES = '/session/metadata';

/** The same in every instance, so that what the top level computes is as well. */
const HASH_SEED = '111';

/** Modules that most Workers import, in an order that leaves nothing of it to chance. */
const COMMON_MODULES = `
import _pyodide, _pyodide.docstring, _pyodide._core_docs, traceback, collections.abc, asyncio, inspect
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

/**
 * @typedef {object} WorkerConfiguration
 * @property {string} name
 * @property {string} mainModule
 * @property {string} compatibilityDate
 * @property {Record<string, boolean>} flags
 * @property {string} pythonVersion
 * @property {{name: string, type: string}[]} bindings
 * @property {boolean} localEndpoints
 * @property {Record<string, string>} outboundMap host to the URL of its stand-in
 * @property {string} stateDirectory where local data is kept; empty: nowhere
 * @property {import('../../bindings/assets/static_assets.js').AssetsConfiguration | null} assets
 */

/** A request may lead to this many calls of Workers by Workers, each made by the last. */
const DEEPEST_CALL = 32;

/**
 * @param {ExecutionContext | undefined} context of a call that the running code makes of a Worker
 * @returns {Scope} the call's
 */
function deeper(context) {
  const depth = currentScope().depth + 1;
  if (depth > DEEPEST_CALL) {
    throw new Error(
        'Subrequest depth limit exceeded. This request recursed through Workers too many times. This ' +
        'can happen e.g. if you have a Worker or Durable Object that calls other Workers or objects ' +
        'recursively.');
  }
  return new Scope({context, depth});
}

class PythonWorker {
  /**
   * @param {WorkerConfiguration} configuration
   * @param {Record<string, any>} values more of the environment
   */
  constructor(configuration, values) {
    this.configuration = configuration;
    this.values = new RpcValues({
      isProxy,
      callFunction: (callable, args, context) =>
          this.entrypoints.callFunction(callable, args, deeper(context)),
      context: () => currentScope().context,
      toJavaScript: (object) => this.entrypoints.toJavaScript(object),
    });
    this.assets = configuration.assets === null ? undefined : new StaticAssets(
        configuration.assets, configuration.flags.assets_navigation_prefers_asset_serving);
    this.environment = makeEnvironment(configuration.bindings, {
      name: configuration.name,
      stateDirectory: configuration.stateDirectory,
      assets: this.assets,
      values: this.values,
      service: (entrypoint, props) => this.#service(entrypoint, props),
    });
    Object.assign(this.environment, values);
    this.entropy = new EntropyGate();
  }

  /** @returns {import('../../bindings/service/fetcher.js').Service} an entry point of this Worker */
  #service(entrypoint, props) {
    return {
      fetch: async (request) =>
          this.entrypoints.fetch(request, entrypoint, deeper(new ExecutionContext(props))),
      call: async (method, args) =>
          this.entrypoints.rpc(entrypoint, method, args, deeper(new ExecutionContext(props))),
      get: async (name) =>
          this.entrypoints.property(entrypoint, name, deeper(new ExecutionContext(props))),
      scheduled: dispatchScheduled,
      queue: dispatchQueue,
      values: this.values,
      takesEvents: this.configuration.flags.service_binding_extra_handlers,
    };
  }

  async start() {
    setEnvironment(this.environment);
    setOutboundMap(this.configuration.outboundMap);
    setStandardBinaryType(this.configuration.flags.websocket_standard_binary_type);
    ops.pythonDefineModule('cloudflare:workers', cloudflareWorkers);
    ops.pythonDefineModule('cloudflare:sockets', cloudflareSockets);
    enterTopLevel();
    const restored = await this.#startInterpreter() === 'worker';
    this.#connectStreams();
    if (!restored) {
      this.#setUpSearchPath();
      this.#registerHostModules();
    }
    const module = restored ? this.#importedMainModule() : await this.#importMainModule();
    if (!restored) {
      this.#ownModule('sdk_adjustments.py').destroy();
      this.#ownModule('introspection.py').destroy();
      this.#takeSnapshot('worker');
    }
    this.#findEntrypoints(module);
    this.interpreter.release.keepCode();
  }

  /** Takes the snapshot that fits every Worker of this Python version. */
  async makeBase() {
    enterTopLevel();
    await this.#boot();
  }

  /** @returns {Promise<'base' | 'worker' | undefined>} the snapshot it goes on from */
  async #startInterpreter() {
    const snapshot = openSnapshot(['worker', 'base']);
    if (snapshot !== undefined) {
      try {
        await this.#boot(snapshot);
        return snapshot.layer;
      } catch (error) {
        ops.debug(`the snapshot could not be restored: ${error.stack ?? error}`);
      }
    }
    await this.#boot();
    return undefined;
  }

  /** The next instance need not do again what was done so far. */
  #takeSnapshot(layer) {
    try {
      takeSnapshot(layer, this.interpreter, this.#hostObjects());
    } catch (error) {
      // Whatever it is, the Worker itself is not the worse for it.
      ops.debug(`no snapshot of the ${layer} was taken: ${error.stack ?? error}`);
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
      compatibilityFlags: {...this.configuration.flags},
      eventLoop: {wake: () => this.eventLoop.wake()},
    };
  }

  /**
   * From nothing, or from a snapshot, to a working foreign function interface and the modules that
   * everybody needs.
   */
  async #boot(snapshot) {
    for (const {name} of snapshot?.description.libraries ?? []) {
      if (name.startsWith(`${MODULES}/`)) ops.pythonModulePreload(name.slice(MODULES.length + 1));
    }
    const log = (level) => (line) => ops.log(level, line);
    this.interpreter = await Interpreter.start({
      python: this.configuration.pythonVersion,
      env: {HOME: '/session', PYTHONHASHSEED: HASH_SEED},
      crypto: this.entropy,
      print: log('log'),
      printErr: log('error'),
      prepareFiles: ({FS}, sitePackages) => {
        const folder = `${sitePackages}/_cloudflare`;
        FS.mkdirTree(folder);
        for (const name of ops.pythonAssetList('python/_cloudflare')) {
          FS.writeFile(`${folder}/${name}`, ops.pythonAssetText(`python/_cloudflare/${name}`));
        }
        FS.mkdirTree(MODULES);
        // A base layer is the same for all Workers, so theirs come after it.
        if (snapshot?.layer === 'worker') this.#mountModules(FS);
      },
      snapshot,
    });
    const {api, module, sitePackages} = this.interpreter;
    // Python's own sockets, which only the newest release can have, stand on connect() as well.
    await api.initializeNodeSockFS?.(connect);
    api.on_fatal = (error) => this.#died(error);
    this.entropy.attach(this.interpreter);
    this.cpuSignal = new CpuSignal(module);
    this.eventLoop = new EventLoop(module);
    if (snapshot === undefined) {
      this.interpreter.run(
          `import sys; sys.path += ["${MODULES}", "/session${sitePackages}"]; del sys\n` +
          'from _cloudflare.entropy_patches import before_top_level\n' +
          'before_top_level(); del before_top_level');
    }
    this.interpreter.finish(snapshot?.description, this.#hostObjects());
    // The second boot step overwrites what it was in the environment.
    api.os.environ.__setitem__('LD_LIBRARY_PATH',
        `/usr/lib:${sitePackages}:${MODULES}/python_modules/lib/`);
    if (snapshot === undefined) {
      this.interpreter.run(COMMON_MODULES);
      if (this.configuration.pythonVersion === '3.12') {
        this.interpreter.run(
            'from _cloudflare.blocking import sleep_without_blocking_others as patch\n' +
            'patch(); del patch');
      }
    }
    this.#attachEventLoop(snapshot === undefined);
    const context = this.interpreter.pyodide.pyimport('_cloudflare.async_context');
    attachPython({current: context.current.copy(), enter: context.enter.copy()});
    context.destroy();
    if (snapshot === undefined) this.#takeSnapshot('base');
    if (snapshot?.layer !== 'worker') this.#mountModules(module.FS);
  }

  /** @param {boolean} isNew Python was started, not restored */
  #attachEventLoop(isNew) {
    const loop = this.interpreter.pyodide.pyimport('_cloudflare.event_loop');
    if (isNew) loop.install(this.#hostObjects().eventLoop);
    this.eventLoop.attach(loop.run_ready.copy());
    loop.destroy();
  }

  #mountModules(FS) {
    FS.mount(makeReadOnlyFileSystem(FS, moduleFiles), {}, MODULES);
  }

  #connectStreams() {
    const {api, pyodide} = this.interpreter;
    this.stdout = new LineWriter((line) => ops.log('log', line));
    this.stderr = new LineWriter((line) => ops.log('error', line));
    api.initializeStreams?.(() => null);
    pyodide.setStdout({write: (bytes) => this.stdout.write(bytes), isatty: false});
    pyodide.setStderr({write: (bytes) => this.stderr.write(bytes), isatty: false});
  }

  #setUpSearchPath() {
    const {flags} = this.configuration;
    const globals = this.#ownModule('search_path.py');
    const setUp = globals.get('set_up');
    setUp(!flags.python_workers_force_new_vendor_path, flags.python_process_pth_files);
    setUp.destroy();
    globals.destroy();
  }

  /** @returns {object} the globals of a Python file of ours, a PyProxy; it is run if it has not yet */
  #ownModule(name) {
    const ran = this.interpreter.pyodide.pyimport('_cloudflare.host_modules.modules');
    let globals = ran.get(name);
    if (globals === undefined) {
      globals = this.interpreter.runModule(ops.pythonAssetText(`python/${name}`), name);
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

  get #mainModuleName() {
    return this.configuration.mainModule.replace(/\.py$/, '');
  }

  /** @returns {Promise<object>} a PyProxy of the module */
  async #importMainModule() {
    const globals = this.#ownModule('search_path.py');
    const importIt = globals.get('import_main_module');
    globals.destroy();
    try {
      return await importIt.callPromising(this.#mainModuleName);
    } catch (error) {
      throw importError(error);
    } finally {
      importIt.destroy();
    }
  }

  /** The same where it has been imported before the snapshot. */
  #importedMainModule() {
    return this.interpreter.pyodide.pyimport(this.#mainModuleName);
  }

  #findEntrypoints(module) {
    const {mainModule, flags} = this.configuration;
    this.entrypoints = new Entrypoints({
      module,
      introspection: this.#ownModule('introspection.py'),
      mainModule,
      environment: this.environment,
      legacyHandlers: !flags.python_no_global_handlers,
      emscripten: this.interpreter.module,
    });
  }

  /** Before each event; the first one ends the top level. */
  prepare() {
    if (this.failure !== undefined) throw new Error(this.failure);
    this.cpuSignal.attach();
    if (!isTopLevel()) return;
    leaveTopLevel();
    this.interpreter.run(
        'from _cloudflare.entropy_patches import before_first_request\n' +
        'before_first_request(); del before_first_request');
  }

  /** Passes on what was printed without a newline: the next event prints a line of its own. */
  flushStreams() {
    this.stdout.flush();
    this.stderr.flush();
  }

  /** The interpreter cannot go on: os._exit, a crash in wasm, memory run out. */
  #died(error) {
    this.failure = `Python worker fatal error: ${describeFatal(error)}`;
    // In a task of its own: the calls under way fail first, and are not reported as unhandled.
    ops.queueTask(() => ops.workerFatal(this.failure));
  }
}

function describeFatal(error) {
  if (typeof error?.status === 'number') return `the Python interpreter exited with status ${error.status}`;
  return String(error?.stack ?? error);
}

/** @type {PythonWorker | undefined} */
let worker;

/**
 * Boots Python and imports the Worker's main module. Once for each isolate.
 * @param {WorkerConfiguration} configuration
 * @param {Record<string, any>} [values] that are in the environment beside the bindings
 * @returns {Promise<RpcValues>} how this Worker's values are copied
 */
export async function startWorker(configuration, values = {}) {
  if (worker !== undefined) throw startError('internal', 'this isolate already runs a Worker');
  worker = new PythonWorker(configuration, values);
  try {
    await worker.start();
    return worker.values;
  } catch (error) {
    throw error?.kind === undefined
        ? startError('internal', String(error?.message ?? error), error?.stack) : error;
  }
}

hooks.startWorker = startWorker;

/**
 * For the build, which makes a part of the install tree with it.
 * @param {string} pythonVersion
 */
hooks.makeBaseSnapshot = (pythonVersion) => new PythonWorker({
  pythonVersion, name: '', mainModule: '', compatibilityDate: '', flags: {}, bindings: [],
  localEndpoints: false, outboundMap: {}, stateDirectory: '', assets: null,
}, {}).makeBase();

/**
 * Handles one event.
 * @template T
 * @param {(entrypoints: Entrypoints) => Promise<T>} handle
 * @returns {Promise<T>} rejects with what the handler raised
 */
async function dispatch(handle) {
  worker.prepare();
  try {
    return await handle(worker.entrypoints);
  } catch (error) {
    throw worker.failure === undefined ? annotate(error) : new Error(worker.failure);
  } finally {
    worker.flushStreams();
  }
}

/**
 * Handles one event that nobody waits for an answer to: a failure is logged.
 * @param {(entrypoints: Entrypoints) => Promise<void>} handle
 * @param {ExecutionContext} context
 * @returns {Promise<'ok' | 'exception'>} when its `waitUntil` tasks are over, too
 */
async function dispatchEvent(handle, context) {
  let succeeded = true;
  try {
    await dispatch(handle);
  } catch (error) {
    hooks.reportFailure(error);
    succeeded = false;
  }
  return await ExecutionContext.finished(context) && succeeded ? 'ok' : 'exception';
}

/**
 * Answers a request with the Worker's fetch handler.
 * @param {Request} request
 * @returns {Promise<Response>} rejects with what the handler raised
 */
export function dispatchFetch(request) {
  // It comes from the server, never from Python code that waits for it.
  return dispatch((entrypoints) => entrypoints.fetch(request, undefined, undefined, true));
}

/**
 * Answers a request from outside: with a static file where there is one for it, else with the Worker.
 * @param {Request} request
 * @returns {Promise<Response>}
 */
export function dispatchRequest(request) {
  return worker.assets?.takes(request) ? worker.assets.fetch(request) : dispatchFetch(request);
}

/**
 * An entry point of this Worker for one event that comes from another isolate.
 * @param {string | undefined} entrypoint
 * @param {ExecutionContext} context
 * @returns {Pick<import('../../bindings/service/fetcher.js').Service,
 *     'fetch' | 'call' | 'get' | 'scheduled' | 'queue'>}
 */
export function pythonService(entrypoint, context) {
  const scope = new Scope({context});
  return {
    fetch: (request) => dispatch((entrypoints) => entrypoints.fetch(request, entrypoint, scope)),
    call: (method, args) =>
        dispatch((entrypoints) => entrypoints.rpc(entrypoint, method, args, scope)),
    get: (name) => dispatch((entrypoints) => entrypoints.property(entrypoint, name, scope)),
    scheduled: dispatchScheduled,
    queue: dispatchQueue,
  };
}

/** The client does not wait for its answer any more. @param {Request} request */
export function cancelFetch(request) {
  worker?.entrypoints?.cancel(request);
}

/**
 * Runs the scheduled handler.
 * @param {{cron: string, scheduledTime: number}} event the time in milliseconds since 1970
 * @returns {Promise<{outcome: 'ok' | 'exception', noRetry: boolean}>}
 */
export async function dispatchScheduled(event) {
  const controller = new ScheduledController(event);
  const context = new ExecutionContext();
  const outcome = await dispatchEvent(
      (entrypoints) => entrypoints.event('scheduled', controller, context), context);
  return {outcome, noRetry: ScheduledController.refusesRetry(controller)};
}

/**
 * Gives the queue handler a batch.
 * @param {string} queue its name
 * @param {{id: string, timestamp: Date, body: any, attempts: number}[]} messages
 * @returns {Promise<import('./events.js').QueueResult>}
 */
export async function dispatchQueue(queue, messages) {
  const batch = new MessageBatch(queue, messages);
  const context = new ExecutionContext();
  const outcome = await dispatchEvent(
      (entrypoints) => entrypoints.event('queue', batch, context), context);
  return MessageBatch.result(batch, outcome);
}

/**
 * Gives the email handler a message.
 * @param {{from: string, to: string, headers: Headers, content: Uint8Array}} received
 * @returns {Promise<{outcome: 'ok' | 'exception', rejection?: string}>}
 */
export async function dispatchEmail(received) {
  const message = new ForwardableEmailMessage({...received, log: (line) => ops.log('log', line)});
  const context = new ExecutionContext();
  const outcome = await dispatchEvent(
      (entrypoints) => entrypoints.event('email', message, context), context);
  return {outcome, rejection: ForwardableEmailMessage.rejection(message)};
}

/**
 * Gives the tail handler what happened in other Workers.
 * @param {object[]} traces https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/
 * @returns {Promise<'ok' | 'exception'>}
 */
hooks.tail = (traces) => {
  const context = new ExecutionContext();
  return dispatchEvent((entrypoints) => entrypoints.event('tail', traces, context), context);
};

/** @returns {boolean} whether what a dev session offers beside the Worker is there (`/cdn-cgi/…`) */
export function hasLocalEndpoints() {
  return worker?.configuration.localEndpoints === true;
}
