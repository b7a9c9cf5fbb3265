// The module "cloudflare:email":
// https://developers.cloudflare.com/email-routing/email-workers/send-email-workers/

/** A message in its final form. The class's name is part of the interface. */
export class EmailMessage {
  #from;
  #to;
  #raw;

  /**
   * @param {string} from the envelope's sender
   * @param {string} to the envelope's recipient
   * @param {string | ReadableStream} raw the message, as RFC 5322 has it
   */
  constructor(from, to, raw) {
    if (typeof from !== 'string' || typeof to !== 'string') {
      throw new TypeError('The sender and the recipient of an EmailMessage must be strings.');
    }
    this.#from = from;
    this.#to = to;
    this.#raw = raw instanceof ReadableStream ? raw : `${raw}`;
  }

  get from() {
    return this.#from;
  }

  get to() {
    return this.#to;
  }

  /** @returns {ReadableStream} */
  get raw() {
    if (typeof this.#raw === 'string') this.#raw = new Response(this.#raw).body;
    return this.#raw;
  }
}

/** The module's exports. */
export const cloudflareEmail = {EmailMessage};
