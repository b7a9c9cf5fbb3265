// A send_email binding: https://developers.cloudflare.com/email-service/api/send-emails/workers-api/

import {ops} from '../../web/js/host.js';
import {crypto} from '../../web/js/crypto/crypto.js';
import {disallowedOperation, isTopLevel} from '../../web/js/top_level.js';
import {addressOf, isMailbox, normalized} from './address.js';
import {EmailMessage} from './email_message.js';
import {writeMessage} from './mime.js';

/** https://developers.cloudflare.com/email-service/platform/limits/ */
const MAX_RECIPIENTS = 50;
const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;

/** Headers that fields of the message stand for, or that only the service may set. */
const OWN_HEADERS = new Set([
  'bcc', 'cc', 'content-transfer-encoding', 'content-type', 'date', 'from', 'message-id', 'mime-version',
  'reply-to', 'subject', 'to',
]);

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** @param {string} code documented: E_… */
function failure(code, message) {
  return Object.assign(new Error(message), {code});
}

const invalid = (message) => failure('E_VALIDATION_ERROR', message);

/** @returns {import('./address.js').Address} */
function requireAddress(value, field) {
  const address = addressOf(value);
  if (address === undefined) throw invalid(`"${field}" is not an e-mail address.`);
  return address;
}

/** @returns {import('./address.js').Address[]} of one address or a list */
function addressesOf(value, field) {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((entry) => requireAddress(entry, field));
}

/** @returns {Record<string, string>} */
function headersOf(headers) {
  const checked = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!/^[!-9;-~]+$/.test(name) || OWN_HEADERS.has(name.toLowerCase())) {
      throw invalid(`The header "${name}" cannot be set.`);
    }
    if (/[\r\n]/.test(`${value}`)) throw invalid(`The value of the header "${name}" has more than one line.`);
    checked[name] = `${value}`;
  }
  return checked;
}

/** Bytes to base64; text is base64 already. */
function contentOf(content) {
  if (typeof content === 'string') {
    try {
      return btoa(atob(content));
    } catch {
      throw invalid('The content of an attachment must be bytes, or base64.');
    }
  }
  if (!(content instanceof ArrayBuffer) && !ArrayBuffer.isView(content)) {
    throw invalid('The content of an attachment must be bytes, or base64.');
  }
  const bytes = content instanceof ArrayBuffer ? new Uint8Array(content) :
      new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function attachmentsOf(attachments) {
  return Array.from(attachments ?? [], ({content, filename, type, disposition, contentId}) => {
    if (typeof filename !== 'string' || /[\r\n]/.test(filename)) {
      throw invalid('An attachment needs a "filename" of one line.');
    }
    if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(`${type}`)) {
      throw invalid(`The "type" of the attachment ${filename} is not a media type.`);
    }
    if (contentId !== undefined && !/^[!-;=?-~]+$/.test(`${contentId}`)) {
      throw invalid(`The "contentId" of the attachment ${filename} has characters that an id has not.`);
    }
    return {content: contentOf(content), filename, type,
      disposition: disposition === 'inline' ? 'inline' : 'attachment', contentId};
  });
}

/** @param {string} text of a message @returns {Map<string, string>} its headers, folded lines joined */
function headOf(text) {
  const head = text.slice(0, text.search(/\r?\n\r?\n|$/)).replace(/\r?\n[ \t]+/g, ' ');
  const headers = new Map();
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** The class's name is the one of production. */
export class SendEmail {
  #binding;
  #stateDirectory;
  #handle;

  /**
   * @param {{name: string, destination_address?: string, allowed_destination_addresses?: string[],
   *     allowed_sender_addresses?: string[]}} binding
   * @param {string} stateDirectory
   */
  constructor(binding, stateDirectory) {
    this.#binding = binding;
    this.#stateDirectory = stateDirectory;
  }

  /**
   * Keeps the message in a file and logs which.
   * @param {EmailMessage | {from: string | {email: string, name?: string}, to: string | string[],
   *     subject: string, text?: string, html?: string, cc?: string | string[], bcc?: string | string[],
   *     replyTo?: string | {email: string, name?: string}, headers?: Record<string, string>,
   *     attachments?: object[]}} message
   * @returns {Promise<{messageId: string}>}
   * @throws {Error} with the `code` that production gives
   */
  async send(message) {
    if (isTopLevel()) throw disallowedOperation();
    const {bytes, messageId} = message instanceof EmailMessage ?
        await this.#checkRaw(message) : this.#compose(message ?? {});
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw failure('E_CONTENT_TOO_LARGE', `The message is larger than ${MAX_MESSAGE_BYTES} bytes.`);
    }
    this.#handle ??= ops.emailOpen(this.#stateDirectory, this.#binding.name);
    const file = await ops.emailKeep(this.#handle, bytes);
    ops.log('log', `E-mail sent by ${this.#binding.name} is in ${file}: nothing is sent locally`);
    return {messageId};
  }

  #checkSender(from) {
    const allowed = this.#binding.allowed_sender_addresses;
    if (allowed !== undefined && !allowed.some((address) => normalized(address) === normalized(from))) {
      throw failure('E_SENDER_NOT_VERIFIED', `email from ${from} not allowed`);
    }
  }

  #checkRecipients(recipients) {
    const {destination_address: only, allowed_destination_addresses: several} = this.#binding;
    const allowed = only !== undefined ? [only] : several;
    for (const to of recipients) {
      if (!isMailbox(to)) throw invalid(`"to" is not an e-mail address.`);
      if (allowed !== undefined && !allowed.some((address) => normalized(address) === normalized(to))) {
        throw failure('E_RECIPIENT_NOT_ALLOWED', `email to ${to} not allowed`);
      }
    }
  }

  /** @param {EmailMessage} message */
  async #checkRaw({from, to, raw}) {
    const bytes = new Uint8Array(await new Response(raw).arrayBuffer());
    this.#checkSender(from);
    // Without a recipient it is the binding's only one.
    this.#checkRecipients([to === '' ? this.#binding.destination_address ?? '' : to]);
    const headers = headOf(decoder.decode(bytes));
    const messageId = headers.get('message-id');
    if (!messageId) throw invalid('invalid or no message id provided');
    const author = addressOf(headers.get('from'));
    if (author === undefined) throw invalid('invalid or no "From" header provided');
    if (normalized(author.email) !== normalized(from)) {
      throw invalid(`"From" header (${author.email}) does not match mail from (${from})`);
    }
    return {bytes, messageId};
  }

  #compose({from, to, cc, bcc, replyTo, subject, text, html, headers, attachments}) {
    for (const [field, value] of Object.entries({from, subject})) {
      if (value === undefined || value === null) throw failure('E_FIELD_MISSING', `"${field}" is missing.`);
    }
    const sender = requireAddress(from, 'from');
    const destination = this.#binding.destination_address;
    const lists = {
      to: addressesOf(to ?? destination, 'to'), cc: addressesOf(cc, 'cc'), bcc: addressesOf(bcc, 'bcc')};
    const recipients = [...lists.to, ...lists.cc, ...lists.bcc].map(({email}) => email);
    if (recipients.length === 0) throw failure('E_FIELD_MISSING', '"to" is missing.');
    if (recipients.length > MAX_RECIPIENTS) {
      throw failure('E_TOO_MANY_RECIPIENTS', `At most ${MAX_RECIPIENTS} recipients are allowed.`);
    }
    const given = (value) => value === undefined || value === null ? undefined : `${value}`;
    if (given(text) === undefined && given(html) === undefined) {
      throw failure('E_FIELD_MISSING', 'Either "text" or "html" is needed.');
    }
    this.#checkSender(sender.email);
    this.#checkRecipients(recipients);
    const messageId = `<${crypto.randomUUID()}@${sender.email.split('@')[1]}>`;
    const written = writeMessage({
      from: sender, to: lists.to, cc: lists.cc,
      replyTo: replyTo === undefined || replyTo === null ? undefined : requireAddress(replyTo, 'replyTo'),
      subject: `${subject}`, text: given(text), html: given(html), headers: headersOf(headers),
      attachments: attachmentsOf(attachments), messageId,
    }, () => crypto.randomUUID());
    return {bytes: encoder.encode(written), messageId};
  }
}
