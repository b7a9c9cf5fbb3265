// Keeps Python 3.14's garbage collector away from the frames of suspended calls.
//
// The collector walks the frames of all thread states to save itself work. A suspended call has a thread
// state of its own, and some of its frames lie on the C stack, where Pyodide lets the call that runs write
// over them until the suspended one goes on (https://github.com/pyodide/pyodide/issues/6464). A thread
// state without frames is passed over; what the frames refer to still counts as referenced.

const COOKIE = 'xdebugpy';

/**
 * Places in CPython's table of offsets, the start of `_PyRuntime`, in words of 64 bits
 * (`_Py_DebugOffsets` in Include/internal/pycore_debug_offsets.h of CPython 3.14).
 */
const VERSION = 1;
const CURRENT_FRAME = 26;

/**
 * @param {object} module Emscripten's, of a running interpreter
 * @returns {number} where a thread state has its innermost frame, in bytes
 */
function offsetOfFrame(module) {
  const start = module.__PyRuntime;
  const cookie = String.fromCharCode(...module.HEAPU8.subarray(start, start + COOKIE.length));
  const word = (index) => module.HEAPU32[(start >>> 2) + 2 * index];
  if (cookie !== COOKIE || word(VERSION) >>> 16 !== 0x030e) {
    throw new Error('the Pyodide release is not the expected one: no offsets of CPython 3.14');
  }
  return word(CURRENT_FRAME);
}

/** The thread states of an interpreter's suspended calls. */
export class SuspendedFrames {
  /** @type {Map<number, number>} the innermost frame of each thread state */
  #frames = new Map();
  #offset;

  /**
   * @param {object} module Emscripten's
   * @param {number} threadState its address; 0 for none
   * @returns {number} the same
   */
  hide(module, threadState) {
    if (threadState === 0) return 0;
    this.#offset ??= offsetOfFrame(module);
    const place = (threadState + this.#offset) >>> 2;
    this.#frames.set(threadState, module.HEAPU32[place]);
    module.HEAPU32[place] = 0;
    return threadState;
  }

  /** Before the call goes on. @param {object} module @param {number} threadState */
  show(module, threadState) {
    module.HEAPU32[(threadState + this.#offset) >>> 2] = this.#frames.get(threadState);
    this.#frames.delete(threadState);
  }
}
