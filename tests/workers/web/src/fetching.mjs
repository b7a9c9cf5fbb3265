/** Asks for the address behind "?", so often, with what the query of the check says. */
const target = (request) => decodeURIComponent(new URL(request.url).search.slice(1));

export async function once(request) {
  try {
    const response = await fetch(target(request));
    return [response.status, await response.text()];
  } catch (error) {
    return [error.name, error.message];
  }
}

/** Four at once, of which two upload: over HTTP/2 they share a connection. */
export async function together(request) {
  const url = target(request);
  await (await fetch(url)).text();
  const answers = await Promise.all([
    fetch(`${url}a`), fetch(`${url}b`, {method: 'POST', body: 'x'.repeat(200_000)}),
    fetch(`${url}c`, {method: 'PUT', body: new Blob(['y'.repeat(100_000)]).stream()}), fetch(`${url}d`),
  ]);
  return Promise.all(answers.map((answer) => answer.json()));
}

/** One after another, until it is refused. */
export async function several(request) {
  const statuses = [];
  try {
    while (statuses.length < 10) {
      const response = await fetch(target(request));
      await response.text();
      statuses.push(response.status);
      await scheduler.wait(0);
    }
  } catch (error) {
    return [statuses, error.message];
  }
  return [statuses, ''];
}

export async function beacon(request) {
  return navigator.sendBeacon(target(request), 'told');
}

export function events(request) {
  const source = new EventSource(target(request));
  const got = [];
  return new Promise((resolve) => {
    source.onmessage = ({data}) => got.push(data);
    source.onerror = ({error}) => {
      if (source.readyState === EventSource.CLOSED) resolve([got, String(error)]);
    };
  });
}
