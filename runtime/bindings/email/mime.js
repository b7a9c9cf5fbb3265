// A message from its parts: RFC 5322, with MIME (RFC 2045 to 2047, 2183, 2231).

/** @typedef {import('./address.js').Address} Address */

const encoder = new TextEncoder();

/** The longest line of base64 (RFC 2045, section 6.8). */
const LINE_LENGTH = 76;
/** Bytes of one encoded word: with its marks it stays under 75 characters (RFC 2047, section 2). */
const WORD_BYTES = 42;

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(binary);
}

const inLines = (text) => text.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'))?.join('\r\n') ?? '';

/** @returns {string[]} texts of at most `limit` bytes of UTF-8 each */
function pieces(text, limit) {
  const found = [''];
  for (const character of text) {
    const last = found[found.length - 1];
    if (encoder.encode(last + character).length > limit) found.push(character);
    else found[found.length - 1] = last + character;
  }
  return found;
}

/** Text of a header; encoded where it is not plain (RFC 2047). @param {string} text */
function headerText(text) {
  const line = text.replace(/[\r\n]+/g, ' ');
  if (/^[\x20-\x7e]*$/.test(line)) return line;
  return pieces(line, WORD_BYTES)
      .map((piece) => `=?utf-8?B?${base64(encoder.encode(piece))}?=`).join('\r\n ');
}

/** @param {Address} address */
function mailbox({email, name}) {
  if (name === undefined || name === '') return email;
  const shown = /^[\x20-\x7e]*$/.test(name) ? `"${name.replace(/[\\"]/g, '\\$&')}"` : headerText(name);
  return `${shown} <${email}>`;
}

/** A parameter of a header's value (RFC 2231 where it is not plain). */
function parameter(name, value) {
  if (/^[\x20-\x7e]*$/.test(value)) return `; ${name}="${value.replace(/[\\"]/g, '\\$&')}"`;
  const escaped = encodeURIComponent(value).replace(/['()*]/g, (c) =>
    `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `; ${name}*=utf-8''${escaped}`;
}

const part = (headers, content) => `${headers.join('\r\n')}\r\n\r\n${content}`;

const textPart = (type, text) => part(
    [`Content-Type: text/${type}; charset=utf-8`, 'Content-Transfer-Encoding: base64'],
    inLines(base64(encoder.encode(text))));

/**
 * @param {{content: string, filename: string, type: string, disposition: string,
 *     contentId?: string}} file
 */
function filePart({content, filename, type, disposition, contentId}) {
  return part([
    `Content-Type: ${type}${parameter('name', filename)}`,
    `Content-Disposition: ${disposition}${parameter('filename', filename)}`,
    ...(contentId === undefined ? [] : [`Content-ID: <${contentId}>`]),
    'Content-Transfer-Encoding: base64',
  ], inLines(content));
}

/** @param {string} type @param {string[]} parts; one alone stays as it is @param {() => string} unique */
function multipart(type, parts, unique) {
  if (parts.length === 1) return parts[0];
  const boundary = `=_${unique()}`;
  const body = parts.map((text) => `--${boundary}\r\n${text}\r\n`).join('');
  return part([`Content-Type: multipart/${type}; boundary="${boundary}"`], `${body}--${boundary}--`);
}

/**
 * @param {object} message
 * @param {Address} message.from
 * @param {Address[]} message.to
 * @param {Address[]} message.cc
 * @param {Address} [message.replyTo]
 * @param {string} message.subject
 * @param {string} [message.text]
 * @param {string} [message.html]
 * @param {Record<string, string>} message.headers
 * @param {{content: string, filename: string, type: string, disposition: string,
 *     contentId?: string}[]} message.attachments `content` in base64
 * @param {string} message.messageId with its angle brackets
 * @param {() => string} unique a text that is in no message
 * @returns {string} the message; those in Bcc are not told of in it
 */
export function writeMessage(message, unique) {
  const {from, to, cc, replyTo, subject, text, html, headers, attachments, messageId} = message;
  const list = (addresses) => addresses.map(mailbox).join(',\r\n ');
  const head = [
    `From: ${mailbox(from)}`,
    ...(to.length > 0 ? [`To: ${list(to)}`] : []),
    ...(cc.length > 0 ? [`Cc: ${list(cc)}`] : []),
    ...(replyTo === undefined ? [] : [`Reply-To: ${mailbox(replyTo)}`]),
    `Subject: ${headerText(subject)}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${headerText(value)}`),
    'MIME-Version: 1.0',
  ];
  const texts = [
    ...(text === undefined ? [] : [textPart('plain', text)]),
    ...(html === undefined ? [] : [textPart('html', html)]),
  ];
  const inline = attachments.filter(({disposition}) => disposition === 'inline');
  const attached = attachments.filter(({disposition}) => disposition !== 'inline');
  const shown = multipart(
      'related', [multipart('alternative', texts, unique), ...inline.map(filePart)], unique);
  const body = multipart('mixed', [shown, ...attached.map(filePart)], unique);
  return `${head.join('\r\n')}\r\n${body}\r\n`;
}
