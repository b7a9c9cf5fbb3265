// The random source that Python draws from. While the Worker's top level runs it refuses, except for as
// many draws as Python has allowed itself (py/_cloudflare/allow_entropy.py).

import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';

/** What the draws that are allowed at the top level get, byte for byte. */
const CONSTANT = 43;

export class EntropyGate {
  #memory;
  #address = 0;

  /**
   * Learns where Python counts the draws it allows. Before the interpreter's second boot step.
   * @param {import('./boot.js').Interpreter} interpreter
   */
  attach(interpreter) {
    this.#memory = interpreter.module;
    this.#address = Number(interpreter.run(
        'from _cloudflare.allow_entropy import get_bad_entropy_flag as f; f(); del f').trim());
    if (!(this.#address > 0)) throw new Error('the interpreter did not tell its entropy budget');
  }

  /** @template {ArrayBufferView} T @param {T} view @returns {T} */
  getRandomValues(view) {
    if (!isTopLevel()) return crypto.getRandomValues(view);
    const heap = this.#memory?.HEAP8;
    if (heap === undefined || heap[this.#address] <= 0) throw disallowedOperation();
    heap[this.#address]--;
    return view.fill(CONSTANT);
  }
}
