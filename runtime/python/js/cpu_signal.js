// What Python is told when it has run for too long; cpu_signal.h sets the flag.

import {ops} from '../../web/js/host.js';

/** The number as Emscripten has it. */
const SIGXCPU = 24;

/** What the interpreter reads the number of the signal from, once its flag is set. It leaves 0. */
const buffer = {
  get 0() {
    return ops.pythonCpuSignalIsDue() ? SIGXCPU : 0;
  },
  set 0(value) {
    ops.pythonCpuSignalClear();
  },
};

export class CpuSignal {
  #module;
  #memory;

  /** @param {object} module Emscripten's */
  constructor(module) {
    this.#module = module;
    module.Py_EmscriptenSignalBuffer = buffer;
  }

  /** Before an event: tells where the flag is now. The memory is another one when it has grown. */
  attach() {
    const {HEAP8, _Py_EMSCRIPTEN_SIGNAL_HANDLING: address} = this.#module;
    if (HEAP8.buffer === this.#memory) return;
    this.#memory = HEAP8.buffer;
    ops.pythonCpuSignalAttach(HEAP8.buffer, address);
  }
}
