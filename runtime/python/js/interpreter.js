// `cwrangler-runtime python`: Pyodide as a Python command line, on the host's files and streams. uv asks
// it about its platform and builds packages with it.

import {hooks, ops} from '../../web/js/host.js';
import {Interpreter} from './boot.js';
import {makeHostFileSystem} from './host_file_system.js';

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

/**
 * Runs a Python command line; ends the process.
 * @param {string} python "3.12", "3.13" or "3.14"
 * @param {string} program what `sys.executable` is to be
 * @param {string[]} args after the program's name
 */
async function runInterpreter(python, program, args) {
  try {
    const interpreter = await Interpreter.start({
      python,
      program,
      args,
      env: hostEnvironment(),
      crypto,
      print: writeLine(STDOUT),
      printErr: writeLine(STDERR),
      prepareFiles: mountHost,
      exit: ops.hostExit,
    });
    interpreter.finish();
    const {api, module, pyodide} = interpreter;
    api.initializeStreams?.(() => null);
    pyodide.setStdin({read: (bytes) => ops.hostRead(STDIN, bytes, -1), isatty: false});
    pyodide.setStdout({write: (bytes) => write(STDOUT, bytes), isatty: false});
    pyodide.setStderr({write: (bytes) => write(STDERR, bytes), isatty: false});
    interpreter.release.keepCode();
    const status = await module.promisingRunMain();
    const flushed = module._Py_FinalizeEx() >= 0;
    ops.hostExit(flushed ? status : FAILED_TO_FLUSH);
  } catch (error) {
    const status = exitStatus(error);
    if (status === undefined) writeLine(STDERR)(`Python could not go on: ${error?.stack ?? error}`);
    ops.hostExit(status ?? 1);
  }
}

hooks.runInterpreter = runInterpreter;
