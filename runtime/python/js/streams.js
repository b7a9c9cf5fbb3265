// Python's stdout and stderr, line by line. A long line is passed on in pieces, so that what a Worker
// prints never piles up in memory.

const LONGEST_LINE = 1 << 20;  // bytes
const NEWLINE = 10;

/** Collects bytes and passes lines on, without their newline. */
export class LineWriter {
  #emit;
  #decoder = new TextDecoder();
  #buffer = new Uint8Array(1024);  // what came since the last newline, in its first #length bytes
  #length = 0;

  /** @param {(line: string) => void} emit */
  constructor(emit) {
    this.#emit = emit;
  }

  /**
   * @param {Uint8Array} bytes only valid during the call
   * @returns {number} how many were taken: all
   */
  write(bytes) {
    let start = 0;
    for (let end; (end = bytes.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      this.#append(bytes.subarray(start, end));
      this.#pass();
    }
    this.#append(bytes.subarray(start));
    return bytes.length;
  }

  /** Passes on a last line that has no newline. */
  flush() {
    if (this.#length > 0) this.#pass();
  }

  #pass() {
    const line = this.#decoder.decode(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    this.#emit(line);
  }

  #append(bytes) {
    let rest = bytes;
    while (rest.length > 0) {
      const piece = rest.subarray(0, LONGEST_LINE - this.#length);
      this.#reserve(this.#length + piece.length);
      this.#buffer.set(piece, this.#length);
      this.#length += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#length === LONGEST_LINE) this.#pass();
    }
  }

  #reserve(size) {
    if (size <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(LONGEST_LINE, Math.max(size, 2 * this.#buffer.length)));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
