// A WebSocket that a response brings, on its way to another isolate. What arrives at one end is asked for
// by the other, message by message.

/** Codes that a close event may have and a close frame may not (RFC 6455, section 7.4.1). */
const NO_STATUS = 1005;
const ABNORMAL = 1006;
const INTERNAL_ERROR = 1011;

/** @param {WebSocket} socket @param {{code: number, reason: string}} arrival */
function close(socket, {code, reason}) {
  if (code === NO_STATUS) socket.close();
  else socket.close(code === ABNORMAL ? INTERNAL_ERROR : code, reason);
}

/**
 * @param {WebSocket} socket the end that was to be returned
 * @param {import('./transport.js').References} references
 * @returns {number} of what receiveWebSocket() uses
 */
export function offerWebSocket(socket, references) {
  const arrivals = [];
  let wake = () => {};
  const arrive = (arrival) => {
    arrivals.push(arrival);
    wake();
  };
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', ({data}) => arrive({data}));
  socket.addEventListener('close', ({code, reason}) => arrive({code, reason}));
  socket.accept();
  const number = references.offer({
    async next() {
      if (arrivals.length === 0) await new Promise((resolve) => { wake = resolve; });
      const arrival = arrivals.shift();
      if (arrival.code !== undefined) references.withdraw(number);
      return arrival;
    },
    send: (data) => socket.send(data),
    close: (code, reason) => close(socket, {code, reason}),
  }, true);
  return number;
}

/**
 * @param {number} number
 * @param {import('./transport.js').References} references
 * @returns {WebSocket} an end that can be returned, or accepted
 */
export function receiveWebSocket(number, references) {
  const {0: outer, 1: inner} = new WebSocketPair();
  // The other side may be gone: then the pump below closes this one.
  const tell = (method, ...args) => references.call(number, method, args).catch(() => {});
  inner.binaryType = 'arraybuffer';
  inner.addEventListener('message', ({data}) => tell('send', data));
  inner.addEventListener('close', ({code, reason}) => tell('close', code, reason));
  inner.accept();
  const pump = async () => {
    for (;;) {
      const arrival = await references.call(number, 'next', []);
      if (arrival.code !== undefined) {
        close(inner, arrival);
        return;
      }
      inner.send(arrival.data);
    }
  };
  pump().catch((error) => close(inner, {code: INTERNAL_ERROR, reason: String(error.message).slice(0, 100)}));
  return outer;
}
