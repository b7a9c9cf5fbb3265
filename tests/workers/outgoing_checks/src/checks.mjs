// What JavaScript sees of these bindings. Each function is one check; what it returns is the test's to judge.

import {EmailMessage} from 'cloudflare:email';
import {env} from 'cloudflare:workers';

/** @param {() => any} call @returns {Promise<string>} what it fails with, after the error's code */
async function problem(call) {
  try {
    await call();
    return '';
  } catch (error) {
    return `${error.code ?? error.name}: ${error.message}`;
  }
}

export async function classes() {
  return [env.EVENTS.constructor.name, env.MAIL.constructor.name, EmailMessage.name];
}

export async function points() {
  const write = (point) => problem(() => env.EVENTS.writeDataPoint(point));
  const many = (count) => Array(count).fill(1);
  const bytes = new TextEncoder().encode('bytes');
  return [
    await write({blobs: ['text', bytes, bytes.buffer, null], doubles: [1], indexes: [bytes]}),
    await write(undefined),
    await write({blobs: many(20).map(String), doubles: many(20)}),
    await write({blobs: ['x'.repeat(16 * 1024)], indexes: ['i'.repeat(96)]}),
    await write({blobs: many(21).map(String)}),
    await write({doubles: many(21)}),
    await write({indexes: ['a', 'b']}),
    await write({blobs: [7]}),
    await write({doubles: ['7']}),
    await write({doubles: [NaN]}),
    await write({blobs: ['é'.repeat(8193)]}),
    await write({indexes: ['i'.repeat(97)]}),
    env.EVENTS.writeDataPoint({blobs: ['last']}) === undefined,
  ];
}

const raw = (from = 'me@example.com', more = 'Message-ID: <1@x>\r\n') =>
    `From: ${from}\r\n${more}\r\nbody`;

const content = (more) => ({from: 'me@example.com', to: 'a@example.com', subject: 's', text: 't', ...more});

export async function refusals() {
  const sent = (binding, from, to, text = raw(from)) =>
      problem(() => env[binding].send(new EmailMessage(from, to, text)));
  const composed = (binding, more) => problem(() => env[binding].send(content(more)));
  return [
    await sent('ONLY', 'me@example.com', 'a@example.com'),
    await sent('SOME', 'me@example.com', 'c@example.com'),
    await sent('SOME', 'you@example.com', 'a@example.com'),
    await sent('MAIL', 'me@example.com', 'a@example.com', raw('other@example.com')),
    await sent('MAIL', 'me@example.com', 'a@example.com', raw('me@example.com', '')),
    await sent('MAIL', 'me@example.com', 'no address'),
    await composed('ONLY', {cc: 'c@example.com'}),
    await composed('SOME', {from: 'You <you@example.com>'}),
    await composed('MAIL', {subject: undefined}),
    await composed('MAIL', {text: undefined}),
    await composed('MAIL', {to: undefined}),
    await composed('MAIL', {to: Array(51).fill('a@example.com')}),
    await composed('MAIL', {to: 'a@example.com\r\nBcc: b@example.com'}),
    await composed('MAIL', {headers: {'X-A': 'b\r\nBcc: c@example.com'}}),
    await composed('MAIL', {headers: {Bcc: 'c@example.com'}}),
    await composed('MAIL', {attachments: [{content: '!', filename: 'f', type: 'text/plain'}]}),
    await composed('MAIL', {text: 't'.repeat(20 * 1024 * 1024)}),
  ];
}

export async function accepted() {
  await env.ONLY.send(new EmailMessage('me@example.com', '', new Response(raw()).body));
  const {messageId} = await env.ONLY.send(content({to: undefined}));
  await env.SOME.send(content({
    from: 'Me <ME@example.com>', to: 'B@example.com', subject: 'one\r\nBcc: c@example.com',
    attachments: [{content: new Uint8Array([0, 255]), filename: 'bytes', type: 'application/x'}],
  }));
  return /^<[0-9a-f-]{36}@example\.com>$/.test(messageId);
}
