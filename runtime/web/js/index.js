// The web platform: makes the global scope and the hooks that native code calls.
//
// Other parts of the runtime import what they need from the modules themselves: http.js (requests and
// responses), top_level.js and crypto.js (what is refused outside of handlers), host.js (ops, hooks).

import {core} from './core.js';
import {installGlobals, startGlobals} from './globals.js';
import {hooks} from './host.js';
import {inspect} from './inspect.js';
import {connectStructuredClone} from './structured_clone.js';

connectStructuredClone(core);
installGlobals();

/** Called once in each isolate, before anything else runs in it. */
hooks.startWeb = startGlobals;

/**
 * The text for the log of an error nobody handled.
 * @param {any} error
 * @param {'exception' | 'rejection'} kind
 * @returns {string}
 */
hooks.reportUncaught = (error, kind) => {
  const text = inspect(error);
  return kind === 'rejection' ? `Uncaught (in promise) ${text}` : `Uncaught ${text}`;
};
