// Errors as those who start a Worker or send it an event want them.

const SRC_NOTE =
    'If your main module is inside the \'src\' directory then your import statement shouldn\'t include ' +
    'a \'src.\' prefix';

/** @param {unknown} error @returns {boolean} whether a Python exception came out of Python */
export function isPythonError(error) {
  return error?.constructor?.name === 'PythonError' && typeof error.message === 'string';
}

/**
 * Our frames between the host and the user's code in a traceback. They stand before the user's and tell
 * them nothing.
 */
const HOST_FUNCTIONS = [
  'call_converted', 'call_raw', 'construct', 'get_converted', 'make', '_exceed_cpu_limit', '_result_of',
  'import_main_module', 'answer', '_response',
];
// In the traceback of an exception group each line has the group's marks in front.
const HOST_FRAMES = new RegExp(
    '^([ |]*) {2}File "(?:introspection|search_path)\\.py", ' +
    `line \\d+, in (?:${HOST_FUNCTIONS.join('|')})\\n(?:\\1 {4}.*\\n)*`, 'gm');

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

/** How a line of a traceback begins that names an exception: "  | package.module.ValueError". */
const EXCEPTION_NAME = /^[ |+]*([\w.]+)(?=:|$)/;

/**
 * @param {unknown} error whose message is a traceback
 * @returns {string} "ValueError: no such thing": the line that names the exception
 */
export function exceptionLine(error) {
  const lines = error.message.trimEnd().split('\n');
  const isName = (line) => EXCEPTION_NAME.exec(line)?.[1].split('.').at(-1) === error.type;
  // The last exception of a chain is the one; the ones in a group come after the group, indented.
  const names = lines.filter(isName);
  const outermost = Math.min(...names.map(indentation));
  return names.filter((line) => indentation(line) === outermost).at(-1)?.replace(/^[ |+]*/, '') ??
      lines.at(-1);
}

/** @param {string} line @returns {number} how many spaces and marks it begins with */
function indentation(line) {
  return line.search(/[^ |+]/);
}

/** @param {unknown} error thrown while the Worker's own code was imported */
export function importError(error) {
  if (!isPythonError(error)) {
    return startError('internal', String(error?.message ?? error), error?.stack);
  }
  const traceback = annotate(error).message.trimEnd();
  return startError('user', exceptionLine(error), traceback);
}
