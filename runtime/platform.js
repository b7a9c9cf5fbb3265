// The built-in JavaScript of the runtime: everything that a context contains before a Worker is loaded.
// Bundled by bundle.mjs and run once, at build time, to make the startup snapshot. The order counts:
// the web platform first, the removal of its stand-ins last.

import './web/js/index.js';
import './python/js/interpreter.js';
import './server/js/serve.js';
import './bindings/worker_loader/child.js';

import {installCaches} from './bindings/cache/cache.js';
import {removeStandIns} from './web/js/language.js';

installCaches();
removeStandIns();
