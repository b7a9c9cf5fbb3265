// Deno's `primordials`: the language's built-ins, taken before a user can change them.

import '../language.js';

import run from 'ext:deno_core/00_primordials.js';

import {queueMicrotask} from '../microtasks.js';
import {bootstrap} from './bootstrap.js';

run();
// Taken as a plain property before it is set, this would be undefined and streams would hang.
bootstrap.primordials.setQueueMicrotask(queueMicrotask);
