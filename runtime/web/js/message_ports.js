// The queues behind MessageChannel. Both ends live in this isolate: a message is a value that was
// already cloned (structured_clone.js), delivered in a task of its own.

import {ops} from './host.js';

/**
 * @typedef {object} Port
 * @property {number | null} peer the other end's id; null when that was closed
 * @property {any[]} queue messages that nobody asked for yet
 * @property {((message: any) => void) | null} receive who waits for a message
 */

/** @type {Map<number, Port>} */
const ports = new Map();
let counter = 0;

/** Hands the first message to who waits, in a task of its own. */
function deliver(port) {
  if (port.receive === null || (port.queue.length === 0 && port.peer !== null)) return;
  ops.queueTask(() => {
    const {receive} = port;
    if (receive === null) return;  // an earlier task served it
    port.receive = null;
    receive(port.queue.length > 0 ? port.queue.shift() : null);
  });
}

function post(id, message) {
  const peer = ports.get(ports.get(id)?.peer);
  if (peer === undefined) return;  // closed: messages are dropped
  peer.queue.push(message);
  deliver(peer);
}

/** Closes a port: its other end gets what was posted before, then nothing more. */
export function closePort(id) {
  const port = ports.get(id);
  if (port === undefined) return;
  ports.delete(id);
  const peer = ports.get(port.peer);
  port.receive?.(null);
  if (peer !== undefined) {
    peer.peer = null;
    deliver(peer);
  }
}

export const messagePortOps = {
  op_message_port_create_entangled() {
    const first = ++counter;
    const second = ++counter;
    ports.set(first, {peer: second, queue: [], receive: null});
    ports.set(second, {peer: first, queue: [], receive: null});
    return [first, second];
  },
  op_message_port_post_message: post,
  /** `data`: what core.serialize returned, for a message without transferred objects. */
  op_message_port_post_message_raw: (id, data) => post(id, {data, transferables: []}),
  /** The next message; null when the other end is closed. */
  op_message_port_recv_message(id) {
    const port = ports.get(id);
    if (port === undefined) return Promise.resolve(null);
    return new Promise((resolve) => {
      port.receive = resolve;
      deliver(port);
    });
  },
  op_message_port_recv_message_sync: (id) => ports.get(id)?.queue.shift() ?? null,
};
