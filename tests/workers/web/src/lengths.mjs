/** Writes the parts one after another and ends, unlike Promise.all even when nobody reads any more. */
async function fill(writable, parts) {
  const writer = writable.getWriter();
  try {
    for (const part of parts) await writer.write(part);
    await writer.close();
  } catch (error) {
    console.log(String(error));
  }
}

function responded(length, parts, headers) {
  const {readable, writable} = new FixedLengthStream(length);
  fill(writable, parts);
  return new Response(readable, {headers});
}

export const exact = () => responded(6, ['abc', 'def']);
/** The length of the stream counts, whatever a header says. */
export const contradicted = () => responded(6, ['abc', 'def'], {'Content-Length': '3'});
export const empty = () => responded(0, []);
export const cut = () => responded(6, ['abc']);
export const exceeding = () => responded(6, ['abcd', 'efgh']);
export const blob = () => new Response(new Blob(['from ', 'a blob'], {type: 'text/x'}));

export function unknown() {
  const {readable, writable} = new IdentityTransformStream();
  fill(writable, ['abc', 'def']);
  return new Response(readable);
}

/** A body of a known length that passes through. */
export function passed(request) {
  const stream = new FixedLengthStream(Number(request.headers.get('content-length')));
  request.body.pipeTo(stream.writable);
  return new Response(stream.readable);
}
