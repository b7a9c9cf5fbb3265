// The format text/event-stream: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

const LINE_END = /\r\n?|\n/g;

/**
 * @typedef {object} StreamEvent
 * @property {string} type "message" unless the stream names another
 * @property {string} data lines joined by line feeds
 * @property {string} lastEventId
 */

/** Takes a stream's text in pieces of any size. */
export class EventStreamParser {
  /** What follows the last end of a line. */
  #rest = '';
  /** Whether the last piece ended with CR: a LF that begins the next belongs to the same end of line. */
  #endedWithCr = false;
  #type = '';
  #data = '';
  #id = '';
  #dispatch;
  #retry;

  /** The ID of the last event that was complete, though it may have had no data. */
  lastEventId;

  /**
   * @param {string} lastEventId of the connection before
   * @param {(event: StreamEvent) => void} dispatch
   * @param {(milliseconds: number) => void} retry the time that the server wants before a reconnection
   */
  constructor(lastEventId, dispatch, retry) {
    this.lastEventId = this.#id = lastEventId;
    this.#dispatch = dispatch;
    this.#retry = retry;
  }

  /** @param {string} piece decoded, without the byte order mark */
  push(piece) {
    if (piece === '') return;
    if (this.#endedWithCr && piece[0] === '\n') piece = piece.slice(1);
    this.#endedWithCr = piece.endsWith('\r');
    let at = 0;
    for (const {0: end, index} of piece.matchAll(LINE_END)) {
      this.#takeLine(this.#rest + piece.slice(at, index));
      this.#rest = '';
      at = index + end.length;
    }
    this.#rest += piece.slice(at);
  }

  #takeLine(line) {
    if (line === '') return this.#endEvent();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;  // a comment
    if (colon < 0) return this.#takeField(line, '');
    return this.#takeField(line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1));
  }

  #takeField(name, value) {
    if (name === 'event') {
      this.#type = value;
    } else if (name === 'data') {
      this.#data += `${value}\n`;
    } else if (name === 'id') {
      if (!value.includes('\0')) this.#id = value;
    } else if (name === 'retry') {
      if (/^[0-9]+$/.test(value)) this.#retry(Number(value));
    }
  }

  #endEvent() {
    this.lastEventId = this.#id;
    const event = {
      type: this.#type || 'message',
      data: this.#data.slice(0, -1),
      lastEventId: this.#id,
    };
    const isEmpty = this.#data === '';
    this.#type = '';
    this.#data = '';
    if (!isEmpty) this.#dispatch(event);
  }
}
