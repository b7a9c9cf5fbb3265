// A Python Worker: from a configuration to a function that answers requests.

import {StaticAssets} from '../../bindings/assets/static_assets.js';
import {setCacheDirectory} from '../../bindings/cache/cache.js';
import {cloudflareEmail} from '../../bindings/email/email_message.js';
import {RpcValues} from '../../bindings/service/rpc_values.js';
import {hooks, ops} from '../../web/js/host.js';
import {writeLog} from '../../web/js/log.js';
import {setOutboundMap} from '../../web/js/outbound.js';
import {cloudflareSockets} from '../../web/js/sockets.js';
import {setStandardBinaryType} from '../../web/js/websocket.js';
import {enterTopLevel, isTopLevel, leaveTopLevel} from '../../web/js/top_level.js';
import {currentScope, Scope} from './async_context.js';
import {cloudflareWorkers, setEnvironment} from './cloudflare_workers.js';
import {Entrypoints} from './entrypoints.js';
import {makeEnvironment} from './env.js';
import {ForwardableEmailMessage, MessageBatch, ScheduledController} from './events.js';
import {ExecutionContext} from './execution_context.js';
import {isProxy} from './proxies.js';
import {limitSubrequests} from './subrequests.js';
import {Trace} from './traces.js';
import {annotate, startError} from './user_error.js';
import {WorkerPython} from './worker_python.js';

/**
 * @typedef {object} WorkerConfiguration
 * @property {string} name
 * @property {string} mainModule
 * @property {string} compatibilityDate
 * @property {Record<string, boolean>} flags
 * @property {string} pythonVersion
 * @property {{name: string, type: string}[]} bindings
 * @property {number} subrequestLimit how many requests one event may make; 0: any number
 * @property {boolean} localEndpoints
 * @property {string[]} localHosts by which clients may reach them, beside the machine's own names
 * @property {boolean} scheduledPage whether `/__scheduled` runs the scheduled handler
 * @property {boolean} liveReload whether HTML pages load themselves again when the code was replaced
 * @property {string} upstreamHost of `request.url`; empty: what the client has called
 * @property {string} upstreamProtocol of `request.url`, 'http' or 'https'; empty: the client's
 * @property {Record<string, string>} outboundMap host to the URL of its stand-in
 * @property {string} stateDirectory where local data is kept; empty: nowhere
 * @property {{queue: string}[]} queueConsumers queues whose messages the Worker gets, with the
 *     configuration file's settings
 * @property {import('../../bindings/assets/static_assets.js').AssetsConfiguration | null} assets
 */

/** A request may lead to this many calls of Workers by Workers, each made by the last. */
const DEEPEST_CALL = 32;

/**
 * @param {ExecutionContext | undefined} context of a call that the running code makes of a Worker
 * @returns {Scope} the call's
 */
function deeper(context) {
  const {depth: above, spent} = currentScope();
  const depth = above + 1;
  if (depth > DEEPEST_CALL) {
    throw new Error(
        'Subrequest depth limit exceeded. This request recursed through Workers too many times. This ' +
        'can happen e.g. if you have a Worker or Durable Object that calls other Workers or objects ' +
        'recursively.');
  }
  return new Scope({context, depth, spent});
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
      flags: configuration.flags,
      assets: this.assets,
      values: this.values,
      service: (entrypoint, props) => this.#service(entrypoint, props),
    });
    Object.assign(this.environment, values);
    this.python = new WorkerPython(configuration, (error) => this.#died(error));
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

  /**
   * Starts all but the Worker's own code.
   * @param {import('./snapshot.js').Layer[]} layers that may be gone on from, the best first
   */
  async begin(layers) {
    setEnvironment(this.environment);
    setCacheDirectory(this.configuration.stateDirectory);
    setOutboundMap(this.configuration.outboundMap);
    limitSubrequests(this.configuration.subrequestLimit);
    setStandardBinaryType(this.configuration.flags.websocket_standard_binary_type);
    ops.pythonDefineModule('cloudflare:workers', cloudflareWorkers);
    ops.pythonDefineModule('cloudflare:email', cloudflareEmail);
    ops.pythonDefineModule('cloudflare:sockets', cloudflareSockets);
    enterTopLevel();
    await this.python.start(layers);
  }

  /** Runs it. */
  async complete() {
    const module = await this.python.importMain(this.configuration.mainModule.replace(/\.py$/, ''));
    this.#findEntrypoints(module);
    this.python.interpreter.release.keepCode();
    // The first event may find the top level ended already: that takes more than a millisecond.
    ops.queueTask(() => {
      if (this.failure === undefined && isTopLevel()) this.#endTopLevel();
    });
  }

  #endTopLevel() {
    leaveTopLevel();
    try {
      this.python.endTopLevel();
    } catch (error) {
      // It may have kept its constant seeds.
      this.#died(error);
      throw error;
    }
  }

  #findEntrypoints(module) {
    const {mainModule, flags} = this.configuration;
    this.entrypoints = new Entrypoints({
      module,
      introspection: this.python.ownModule('introspection.py'),
      mainModule,
      environment: this.environment,
      legacyHandlers: !flags.python_no_global_handlers,
      emscripten: this.python.interpreter.module,
    });
  }

  /** Before each event. */
  prepare() {
    if (this.failure !== undefined) throw new Error(this.failure);
    if (isTopLevel()) this.#endTopLevel();
    this.python.cpuSignal.attach();
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

/** The snapshots that a start may go on from, the best first. */
const LAYERS = ['worker', 'packages', 'base'];

/** @type {{worker: PythonWorker, begun: Promise<void>} | undefined} before it is known what will run */
let prepared;

/**
 * Begins the start of a Worker ahead of time.
 * @param {WorkerConfiguration} configuration
 * @param {import('./snapshot.js').Layer} deepest that may be gone on from
 */
hooks.prepareWorker = (configuration, deepest) => {
  const begun = new PythonWorker(configuration, {});
  prepared = {worker: begun, begun: begun.begin(LAYERS.slice(LAYERS.indexOf(deepest)))};
  prepared.begun.then(
      () => ops.debug('the next start was begun'),
      () => {});  // it is tried again when the Worker is started
};

/** @returns {Promise<PythonWorker | undefined>} the one whose start was begun, if that went well */
async function takePrepared() {
  try {
    await prepared.begun;
    prepared.worker.python.forgetModules();
    ops.debug('a start that was begun goes on');
    return prepared.worker;
  } catch (error) {
    ops.debug(`a start that was begun cannot go on: ${error?.stack ?? error}`);
    return undefined;
  }
}

/**
 * Boots Python and imports the Worker's main module. Once for each isolate.
 * @param {WorkerConfiguration} configuration
 * @param {Record<string, any>} [values] that are in the environment beside the bindings
 * @param {boolean} [isPrepared] whether it is what prepareWorker() was told of
 * @returns {Promise<RpcValues>} how this Worker's values are copied
 */
export async function startWorker(configuration, values = {}, isPrepared = false) {
  if (worker !== undefined) throw startError('internal', 'this isolate already runs a Worker');
  try {
    worker = isPrepared ? await takePrepared() : undefined;
    prepared = undefined;
    if (worker === undefined) {
      worker = new PythonWorker(configuration, values);
      await worker.begin(LAYERS);
    }
    await worker.complete();
    return worker.values;
  } catch (error) {
    throw error?.kind === undefined
        ? startError('internal', String(error?.message ?? error), error?.stack) : error;
  }
}

hooks.startWorker = startWorker;

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
    worker.python.flushStreams();
  }
}

/**
 * Handles one event that nobody waits for an answer to: a failure is logged.
 * @param {(entrypoints: Entrypoints) => Promise<void>} handle
 * @param {ExecutionContext} context
 * @param {() => object} describe what has called the Worker, for a trace
 * @param {boolean} [waits] whether its `waitUntil` tasks are part of it
 * @returns {Promise<'ok' | 'exception'>} when it is over
 */
async function dispatchEvent(handle, context, describe, waits = true) {
  const trace = Trace.begin(describe, context);
  let succeeded = true;
  try {
    await dispatch(handle);
  } catch (error) {
    hooks.reportFailure(error);
    trace?.fail(error);
    succeeded = false;
  }
  const finished = !waits || await ExecutionContext.finished(context);
  const outcome = finished && succeeded ? 'ok' : 'exception';
  trace?.end(outcome);
  return outcome;
}

/**
 * Answers a request with the Worker's fetch handler.
 * @param {Request} request
 * @returns {Promise<Response>} rejects with what the handler raised
 */
export function dispatchFetch(request) {
  const trace = Trace.begin(() => Trace.describeRequest(request));
  const scope = trace && new Scope({context: trace.context});
  // It comes from the server, never from Python code that waits for it.
  const response = dispatch((entrypoints) => entrypoints.fetch(request, undefined, scope, true));
  return trace === undefined ? response : traced(response, trace);
}

/** @param {Promise<Response>} response @param {Trace} trace */
async function traced(response, trace) {
  try {
    const given = await response;
    trace.event.response = {status: given.status};
    return given;
  } catch (error) {
    trace.fail(error);
    throw error;
  } finally {
    trace.end();
  }
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
      (entrypoints) => entrypoints.event('scheduled', controller, context), context,
      () => ({cron: event.cron, scheduledTime: event.scheduledTime}));
  return {outcome, noRetry: ScheduledController.refusesRetry(controller)};
}

hooks.runScheduled = (cron, scheduledTime) => void dispatchScheduled({cron, scheduledTime});

/**
 * Gives the queue handler a batch.
 * @param {string} queue its name
 * @param {{id: string, timestamp: Date, body: any, attempts: number}[]} messages
 * @param {object} [metadata] as MessageBatch has it
 * @returns {Promise<import('./events.js').QueueResult>}
 */
export async function dispatchQueue(queue, messages, metadata) {
  const batch = new MessageBatch(queue, messages, metadata);
  const context = new ExecutionContext();
  const waits = !worker.configuration.flags.queue_consumer_no_wait_for_wait_until;
  const outcome = await dispatchEvent(
      (entrypoints) => entrypoints.event('queue', batch, context), context,
      () => ({queue, batchSize: messages.length}), waits);
  return MessageBatch.result(batch, outcome);
}

/**
 * Gives the email handler a message.
 * @param {{from: string, to: string, headers: Headers, content: Uint8Array}} received
 * @returns {Promise<{outcome: 'ok' | 'exception', rejection?: string}>}
 */
export async function dispatchEmail(received) {
  const message = new ForwardableEmailMessage({...received, log: (line) => writeLog('log', line)});
  const context = new ExecutionContext();
  const outcome = await dispatchEvent(
      (entrypoints) => entrypoints.event('email', message, context), context,
      () => ({mailFrom: received.from, rcptTo: received.to, rawSize: received.content.byteLength}));
  return {outcome, rejection: ForwardableEmailMessage.rejection(message)};
}

/**
 * Gives the tail handler what happened in other Workers.
 * @param {object[]} traces https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/
 * @returns {Promise<'ok' | 'exception'>}
 */
hooks.tail = (traces) => {
  const context = new ExecutionContext();
  return dispatchEvent((entrypoints) => entrypoints.event('tail', traces, context), context,
      () => ({consumedEvents: traces.map(({scriptName}) => ({scriptName}))}));
};

/**
 * What a server has to know of the Worker that it answers for.
 * @returns {WorkerConfiguration | undefined} undefined before there is one
 */
export function servedWorker() {
  return worker?.configuration;
}
