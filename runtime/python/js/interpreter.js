// `cwrangler-runtime python`: Pyodide as a Python command line, on the host's files and streams. uv asks
// it about its platform and builds packages with it.

import {hooks, ops} from '../../web/js/host.js';
import {Interpreter} from './boot.js';
import {makeHostFileSystem} from './host_file_system.js';
import {openSnapshot, takeSnapshot} from './snapshot.js';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** Folders that stay Emscripten's own: the standard library and the devices are there. */
const OWN_FOLDERS = new Set(['dev', 'lib', 'proc']);

const FAILED_TO_FLUSH = 120;  // CPython's status when standard output could not be written

function hostEnvironment() {
  const pairs = ops.hostEnvironment();
  const environment = {};
  for (let i = 0; i < pairs.length; i += 2) environment[pairs[i]] = pairs[i + 1];
  return environment;
}

function mountHost({FS}) {
  for (const name of ops.hostList('/')) {
    const path = `/${name}`;
    if (OWN_FOLDERS.has(name) || (ops.hostStat(path, true)[0] & 0o170000) !== 0o040000) continue;
    FS.mkdirTree(path);
    FS.mount(makeHostFileSystem(FS, path), {}, path);
  }
  FS.chdir(ops.hostWorkingFolder());
}

/** Writes to a descriptor of the process. When nobody reads any more, the process ends as others do. */
function write(descriptor, bytes) {
  try {
    return ops.hostWrite(descriptor, bytes, -1);
  } catch (error) {
    if (error.code === 'EPIPE') ops.hostExit(1);
    throw error;
  }
}

const encoder = new TextEncoder();
const writeLine = (descriptor) => (line) => {
  write(descriptor, encoder.encode(`${line}\n`));
};

/** @param {unknown} error @returns {number | undefined} the status, when it stands for an exit */
function exitStatus(error) {
  return error?.constructor?.name === 'ExitStatus' ? error.status : undefined;
}

/** How a command line begins that a snapshot is made for: uv asks its questions like this. */
const COMMAND = ['-I', '-B', '-c'];

const isCommand = (args) =>
  args.length === COMMAND.length + 1 && COMMAND.every((option, i) => args[i] === option);

function connectStreams({api, pyodide}) {
  api.initializeStreams?.(() => null);
  pyodide.setStdin({read: (bytes) => ops.hostRead(STDIN, bytes, -1), isatty: false});
  pyodide.setStdout({write: (bytes) => write(STDOUT, bytes), isatty: false});
  pyodide.setStderr({write: (bytes) => write(STDERR, bytes), isatty: false});
}

/** Starts Python and has it run its command line. @returns {Promise<number>} the status */
async function runFromNothing(options) {
  const interpreter = await Interpreter.start(options);
  interpreter.finish();
  connectStreams(interpreter);
  interpreter.release.keepCode();
  return finalize(interpreter, await interpreter.module.promisingRunMain());
}

/** The same for a COMMAND. @returns {Promise<number>} the status */
async function runFromSnapshot(options, snapshot) {
  const interpreter = await Interpreter.prepare(options);
  await interpreter.restore(snapshot);
  interpreter.finish(snapshot.description);
  interpreter.module.FS.chdir(ops.hostWorkingFolder());
  connectStreams(interpreter);
  const {pyodide} = interpreter;
  const run = pyodide.pyimport('_cwrangler_command.run');
  const status = await run.callPromising(
      options.program, options.args.at(-1), pyodide.toPy(options.env));
  return finalize(interpreter, status);
}

/** @returns {number} the status, unless what was printed could not be written */
function finalize({module}, status) {
  return module._Py_FinalizeEx() >= 0 ? status : FAILED_TO_FLUSH;
}

/**
 * Runs a Python command line; ends the process.
 * @param {string} python "3.12", "3.13" or "3.14"
 * @param {string} program what `sys.executable` is to be
 * @param {string[]} args after the program's name
 */
async function runInterpreter(python, program, args) {
  const options = {
    python,
    program,
    args,
    env: hostEnvironment(),
    crypto,
    print: writeLine(STDOUT),
    printErr: writeLine(STDERR),
    prepareFiles: mountHost,
    exit: ops.hostExit,
  };
  try {
    const snapshot = isCommand(args) ? openSnapshot(['interpreter']) : undefined;
    ops.hostExit(
        await (snapshot === undefined ? runFromNothing(options) : runFromSnapshot(options, snapshot)));
  } catch (error) {
    const status = exitStatus(error);
    if (status === undefined) writeLine(STDERR)(`Python could not go on: ${error?.stack ?? error}`);
    ops.hostExit(status ?? 1);
  }
}

hooks.runInterpreter = runInterpreter;

/**
 * For the build, which makes a part of the install tree with it.
 * @param {string} python
 */
hooks.makeInterpreterSnapshot = async (python) => {
  const interpreter = await Interpreter.start({
    python,
    program: 'python',
    args: [...COMMAND, ''],
    env: {},
    crypto,
    print: writeLine(STDOUT),
    printErr: writeLine(STDERR),
  });
  interpreter.finish();
  const globals = interpreter.runModule(ops.pythonAssetText('python/command.py'), 'command.py');
  const prepare = globals.get('prepare');
  prepare();
  prepare.destroy();
  globals.destroy();
  takeSnapshot('interpreter', interpreter, {});
};
