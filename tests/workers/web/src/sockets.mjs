const target = (request) => decodeURIComponent(new URL(request.url).search.slice(1));

const event = (socket, type) =>
    new Promise((resolve) => socket.addEventListener(type, resolve, {once: true}));

/** @returns {Promise<WebSocket>} an open one */
async function opened(request) {
  const socket = new WebSocket(target(request));
  await event(socket, 'open');
  return socket;
}

const told = ({code, reason, wasClean}) => [code, reason, wasClean];

/** The server echoes, and closes when it is told to. */
export async function closedByServer(request) {
  const socket = await opened(request);
  const closed = event(socket, 'close');
  socket.send('close 4001 as you wish');
  return told(await closed);
}

export async function vanished(request) {
  const socket = await opened(request);
  const closed = event(socket, 'close');
  socket.send('vanish');
  return told(await closed);
}

export async function closedByWorker(request) {
  const results = [];
  for (const args of [[], [1000], [3000, 'done'], [4999, '\u00e4'.repeat(61)]]) {
    const socket = await opened(request);
    const closed = event(socket, 'close');
    socket.close(...args);
    results.push([socket.readyState, ...told(await closed), socket.readyState]);
  }
  return results;
}

export async function refusals(request) {
  const socket = await opened(request);
  const results = [];
  for (const args of [[999], [1005], [5000], [1000, '\u00e4'.repeat(62)], ['x']]) {
    try {
      socket.close(...args);
      results.push('closed');
    } catch (error) {
      results.push(error.name);
    }
  }
  socket.close();
  return results;
}

export async function binaryTypes(request) {
  const results = [];
  for (const type of ['arraybuffer', 'blob', 'other']) {
    const socket = await opened(request);
    socket.binaryType = type;
    const message = event(socket, 'message');
    socket.send(new Uint8Array([0, 1, 255]));
    const {data} = await message;
    const bytes = new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data);
    results.push([data.constructor.name, [...bytes]]);
    socket.close();
  }
  return results;
}

/** Whether messages are compressed, and come back whole. */
export async function compressed(request) {
  const socket = await opened(request);
  const texts = ['', 'short', 'x'.repeat(100_000), 'gr\u00fc\u00dfe '.repeat(1000)];
  const came = [];
  for (const text of texts) {
    const message = event(socket, 'message');
    socket.send(text);
    came.push((await message).data === text);
  }
  socket.close();
  return [socket.extensions, came];
}
