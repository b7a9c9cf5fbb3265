// What the handlers other than fetch are given. Classes, not plain objects: the SDK makes a dict of an
// object literal.

/** https://developers.cloudflare.com/workers/runtime-apis/handlers/scheduled/ */
export class ScheduledController {
  #retry = true;

  /**
   * @param {object} event
   * @param {string} event.cron the pattern that was met; empty when nobody said
   * @param {number} event.scheduledTime milliseconds since 1970
   */
  constructor({cron, scheduledTime}) {
    this.cron = cron;
    this.scheduledTime = scheduledTime;
  }

  /** A failure of this event is final. */
  noRetry() {
    this.#retry = false;
  }

  /** @param {ScheduledController} controller @returns {boolean} whether noRetry() was called */
  static refusesRetry(controller) {
    return !controller.#retry;
  }
}

/** What a handler has decided about one message, or about all of a batch. */
class Decision {
  /** @type {'ack' | 'retry' | undefined} */
  verdict;
  /** @type {number | undefined} seconds */
  delaySeconds;

  /** The first decision counts. */
  make(verdict, options) {
    if (this.verdict !== undefined) return;
    this.verdict = verdict;
    const delay = options?.delaySeconds;
    if (delay !== undefined && delay !== null) this.delaySeconds = delay;
  }
}

/** https://developers.cloudflare.com/queues/configuration/javascript-apis/#message */
export class Message {
  #decision = new Decision();
  #batch;

  /**
   * @param {{id: string, timestamp: Date, body: any, attempts: number}} message
   * @param {Decision} [batch] about all of the batch
   */
  constructor({id, timestamp, body, attempts}, batch = new Decision()) {
    this.#batch = batch;
    this.id = id;
    this.timestamp = timestamp;
    this.body = body;
    this.attempts = attempts;
  }

  ack() {
    this.#decide('ack');
  }

  /** @param {{delaySeconds?: number}} [options] */
  retry(options) {
    this.#decide('retry', options);
  }

  /** What was said of the whole batch before stands. */
  #decide(verdict, options) {
    if (this.#batch.verdict === undefined) this.#decision.make(verdict, options);
  }

  /** @param {Message} message */
  static decision(message) {
    return message.#decision;
  }
}

/**
 * @typedef {object} QueueResult what becomes of a batch
 * @property {'ok' | 'exception'} outcome
 * @property {boolean} ackAll
 * @property {{retry: boolean, delaySeconds?: number}} retryBatch
 * @property {string[]} explicitAcks ids
 * @property {{msgId: string, delaySeconds?: number}[]} retryMessages
 */

/** https://developers.cloudflare.com/queues/configuration/javascript-apis/#messagebatch */
export class MessageBatch {
  #decision = new Decision();

  /**
   * @param {string} queue its name
   * @param {{id: string, timestamp: Date, body: any, attempts: number}[]} messages
   * @param {{metrics: {backlogCount: number, backlogBytes: number, oldestMessageTimestamp?: Date}}}
   *     [metadata] of the queue
   */
  constructor(queue, messages, metadata = {metrics: {backlogCount: 0, backlogBytes: 0}}) {
    this.queue = queue;
    this.messages = messages.map((message) => new Message(message, this.#decision));
    this.metadata = metadata;
  }

  ackAll() {
    this.#decision.make('ack');
  }

  /** @param {{delaySeconds?: number}} [options] */
  retryAll(options) {
    this.#decision.make('retry', options);
  }

  /**
   * @param {MessageBatch} batch
   * @param {'ok' | 'exception'} outcome of the handler
   * @returns {QueueResult}
   */
  static result(batch, outcome) {
    const {verdict, delaySeconds} = batch.#decision;
    const decided = (wanted) =>
        batch.messages.filter((message) => Message.decision(message).verdict === wanted);
    return {
      outcome,
      ackAll: verdict === 'ack',
      retryBatch: {retry: verdict === 'retry', ...(delaySeconds !== undefined && {delaySeconds})},
      explicitAcks: decided('ack').map(({id}) => id),
      retryMessages: decided('retry').map((message) => {
        const {delaySeconds: delay} = Message.decision(message);
        return {msgId: message.id, ...(delay !== undefined && {delaySeconds: delay})};
      }),
    };
  }
}

/** https://developers.cloudflare.com/email-routing/email-workers/runtime-api/ */
export class ForwardableEmailMessage {
  #rejection;

  /**
   * @param {object} message
   * @param {string} message.from the envelope's sender
   * @param {string} message.to the envelope's recipient
   * @param {Headers} message.headers
   * @param {Uint8Array} message.content all of it, as RFC 5322 has it
   * @param {(line: string) => void} message.log says what would be sent
   */
  constructor({from, to, headers, content, log}) {
    this.from = from;
    this.to = to;
    this.headers = headers;
    this.raw = new Blob([content]).stream();
    this.rawSize = content.byteLength;
    Object.defineProperty(this, 'forward', {
      value: async (recipient, extra) => {
        const more = extra === undefined ? '' : ` with ${[...new Headers(extra)].join(', ')}`;
        log(`Email handler forwarded message to ${recipient}${more}: nothing is sent locally`);
      },
    });
    Object.defineProperty(this, 'reply', {
      value: async (answer) => {
        log(`Email handler replied to sender from ${answer.from}: nothing is sent locally`);
      },
    });
  }

  /** @param {string} reason which the sender is told */
  setReject(reason) {
    this.#rejection ??= String(reason);
  }

  /** @param {ForwardableEmailMessage} message @returns {string | undefined} */
  static rejection(message) {
    return message.#rejection;
  }
}
