// Errors as those who start a Worker or send it an event want them.

const SRC_NOTE =
    'If your main module is inside the \'src\' directory then your import statement shouldn\'t include ' +
    'a \'src.\' prefix';

/** @param {unknown} error @returns {boolean} whether a Python exception came out of Python */
export function isPythonError(error) {
  return error?.constructor?.name === 'PythonError' && typeof error.message === 'string';
}

/**
 * Frames between the host and the user's code in a traceback: ours, and those of Pyodide's import. They
 * stand before the user's and tell them nothing.
 */
const HOST_FUNCTIONS = [
  'call_converted', 'call_raw', 'construct', 'get_converted', 'make', '_exceed_cpu_limit', '_result_of',
  'pyimport_impl',
];
const HOST_FRAMES = new RegExp(
    '^ {2}File "(?:introspection|search_path|/lib/python3\\d+\\.zip/_pyodide/_base)\\.py", ' +
    `line \\d+, in (?:${HOST_FUNCTIONS.join('|')})\\n(?: {4}.*\\n)*`, 'gm');

/**
 * Makes a Python exception's text what a person wants to read: without our frames and those of wasm,
 * with a note where people trip over something. `message` stays the whole traceback.
 * @template T @param {T} error @returns {T} the same error
 */
export function annotate(error) {
  if (!isPythonError(error)) return error;
  error.message = error.message.replace(HOST_FRAMES, '');
  if (error.type === 'ModuleNotFoundError' && /No module named 'src(\.|')/.test(error.message) &&
      !error.message.includes(SRC_NOTE)) {
    error.message = `${error.message.trimEnd()}\n${SRC_NOTE}\n`;
  }
  error.stack = `PythonError: ${error.message}`;
  return error;
}

/**
 * What `startWorker` rejects with.
 * @param {'user' | 'config' | 'internal'} kind whose mistake it is
 */
export function startError(kind, message, stack) {
  return Object.assign(new Error(message), {kind, stack: stack ?? message});
}

/** @returns {string} "ValueError: no such thing": the line of the traceback that names the exception */
function exceptionLine(error, traceback) {
  const lines = traceback.split('\n');
  const start = lines.map((line) => line.split(':')[0].split('.').includes(error.type)).lastIndexOf(true);
  return lines[start < 0 ? lines.length - 1 : start];
}

/** @param {unknown} error thrown while the Worker's own code was imported */
export function importError(error) {
  if (!isPythonError(error)) {
    return startError('internal', String(error?.message ?? error), error?.stack);
  }
  const traceback = annotate(error).message.trimEnd();
  return startError('user', exceptionLine(error, traceback), traceback);
}
