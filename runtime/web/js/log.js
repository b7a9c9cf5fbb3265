// Where lines of the Worker's log go, and who else wants to see them.

import {ops} from './host.js';

/** @typedef {(level: string, values: any[]) => void} LogObserver */

/** @type {LogObserver | undefined} */
let observer;

/** @param {LogObserver} observe gets every line, in the place where it is written */
export function observeLog(observe) {
  observer = observe;
}

/**
 * @param {'debug' | 'log' | 'info' | 'warn' | 'error'} level
 * @param {string} text
 * @param {any[]} [values] what the text was made of
 */
export function writeLog(level, text, values = [text]) {
  ops.log(level, text);
  observer?.(level, values);
}
