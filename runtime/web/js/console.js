// The console: https://console.spec.whatwg.org/
//
// A line goes to native code as (level, text); what becomes of it is the server's business. Levels:
// debug, log, info, warn, error.

import {ops} from './host.js';
import {format, inspect} from './inspect.js';
import {writeLog} from './log.js';

const GROUP_INDENT = 2;

/** Elapsed time as Node prints it: 1.234ms, 1.234s, 1:02.345 (m:ss.mmm). */
function formatDuration(milliseconds) {
  if (milliseconds < 1000) return `${Number(milliseconds.toFixed(3))}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(3)}s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - minutes * 60).toFixed(3).padStart(6, '0')} (m:ss.mmm)`;
}

/** A table with box-drawing borders, as Node's console.table draws it. */
function drawTable(head, rows) {
  const widths = head.map((title, column) => Math.max(
      title.length, ...rows.map((row) => row[column].length)) + 2);
  const line = (cells) => `│${cells.map((cell, column) => {
    const space = widths[column] - cell.length;
    const left = Math.floor(space / 2);
    return ' '.repeat(left) + cell + ' '.repeat(space - left);
  }).join('│')}│`;
  const rule = (left, middle, right) =>
      left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
  return [
    rule('┌', '┬', '┐'), line(head), rule('├', '┼', '┤'), ...rows.map(line), rule('└', '┴', '┘'),
  ].join('\n');
}

const INDEX = '(index)';
const VALUES = 'Values';

/** Rows of console.table: [index, row] of an array, an object, a Map or a Set. */
function entriesOf(data) {
  if (data instanceof Map) return [...data].map(([key, value], i) => [i, {Key: key, Values: value}]);
  if (data instanceof Set) return [...data].map((value, i) => [i, value]);
  return Object.entries(data);
}

class Console {
  #indent = '';
  #counts = new Map();
  #timers = new Map();

  #print(level, args) {
    let text = format(...args);
    if (this.#indent !== '') text = this.#indent + text.replaceAll('\n', `\n${this.#indent}`);
    writeLog(level, text, args);
  }

  debug(...args) {
    this.#print('debug', args);
  }
  log(...args) {
    this.#print('log', args);
  }
  info(...args) {
    this.#print('info', args);
  }
  warn(...args) {
    this.#print('warn', args);
  }
  error(...args) {
    this.#print('error', args);
  }

  trace(...args) {
    const holder = {name: 'Trace', message: args.length > 0 ? format(...args) : ''};
    Error.captureStackTrace(holder, this.trace);
    this.#print('error', [holder.stack]);
  }

  assert(condition = false, ...args) {
    if (condition) return;
    if (typeof args[0] === 'string') {
      args[0] = `Assertion failed: ${args[0]}`;
    } else {
      args.unshift('Assertion failed');
    }
    this.#print('error', args);
  }

  dir(value, options) {
    this.#print('log', [inspect(value, {customInspect: false, ...options})]);
  }
  dirxml(...args) {
    this.#print('log', args);
  }

  table(data, columns) {
    if (typeof data !== 'object' || data === null) return this.#print('log', [data]);
    const entries = entriesOf(data);
    const titles = new Set(columns);
    let values = false;
    for (const [, row] of entries) {
      if (typeof row !== 'object' || row === null) {
        values = true;
      } else if (columns === undefined) {
        for (const key of Object.keys(row)) titles.add(key);
      }
    }
    const show = (value) => inspect(value, {depth: 0, maxArrayLength: 3, breakLength: Infinity});
    const rows = entries.map(([index, row]) => {
      const isObject = typeof row === 'object' && row !== null;
      const cells = [...titles].map((title) =>
        isObject && Object.hasOwn(row, title) ? show(row[title]) : '');
      return [String(index), ...cells, ...(values ? [isObject ? '' : show(row)] : [])];
    });
    return this.#print('log', [drawTable([INDEX, ...titles, ...(values ? [VALUES] : [])], rows)]);
  }

  group(...args) {
    if (args.length > 0) this.#print('log', args);
    this.#indent += ' '.repeat(GROUP_INDENT);
  }
  groupCollapsed(...args) {
    this.group(...args);
  }
  groupEnd() {
    this.#indent = this.#indent.slice(GROUP_INDENT);
  }

  count(label = 'default') {
    const count = (this.#counts.get(`${label}`) ?? 0) + 1;
    this.#counts.set(`${label}`, count);
    this.#print('log', [`${label}: ${count}`]);
  }
  countReset(label = 'default') {
    if (!this.#counts.delete(`${label}`)) {
      this.#print('warn', [`Count for '${label}' does not exist`]);
    }
  }

  time(label = 'default') {
    if (this.#timers.has(`${label}`)) {
      this.#print('warn', [`Label '${label}' already exists for console.time()`]);
      return;
    }
    this.#timers.set(`${label}`, ops.now());
  }
  timeLog(label = 'default', ...args) {
    const start = this.#timers.get(`${label}`);
    if (start === undefined) {
      this.#print('warn', [`No such label '${label}' for console.timeLog()`]);
      return;
    }
    this.#print('log', [`${label}: ${formatDuration(ops.now() - start)}`, ...args]);
  }
  timeEnd(label = 'default') {
    this.timeLog(label);
    this.#timers.delete(`${label}`);
  }

  clear() {
    this.#indent = '';
  }
}

/** The methods live on the object itself and work without it: `const {log} = console`. */
function makeConsole() {
  const implementation = new Console();
  const console = Object.create({});  // https://console.spec.whatwg.org/#console-namespace
  for (const name of Object.getOwnPropertyNames(Console.prototype)) {
    if (name !== 'constructor') console[name] = implementation[name].bind(implementation);
    if (name !== 'constructor') Object.defineProperty(console[name], 'name', {value: name});
  }
  Object.defineProperty(console, Symbol.toStringTag, {value: 'console', configurable: true});
  return console;
}

export const console = makeConsole();
