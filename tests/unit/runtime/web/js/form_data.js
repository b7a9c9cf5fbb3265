// Multipart forms: any form comes back as it was, and no bytes do harm. The random numbers are the same
// in each run.

let state = 1;
/** @returns {number} an integer from 0 to below `limit`: Park and Miller's generator */
function random(limit) {
  state = state * 48271 % 0x7fffffff;
  return state % limit;
}
const pick = (values) => values[random(values.length)];
const bytes = (length) => Uint8Array.from({length}, () => random(256));

// What could be taken for something else.
const PIECES = [
  'a', 'ü', '世', '👋', ' ', '"', '\\', '\r\n', '\n', '\r', '--', ';', '=', ':', '%', 'filename="x"',
  'Content-Type: text/html', '----boundary', '\u2028',
];
const randomText = () => Array.from({length: random(6)}, () => pick(PIECES)).join('');

function randomForm() {
  const form = new FormData();
  for (let i = random(5); i > 0; --i) {
    if (random(2) === 0) form.append(randomText(), randomText());
    else form.append(randomText(), new File([bytes(random(80))], randomText(), {type: pick(['', 'text/x', 'a/b'])}));
  }
  return form;
}

/** The standard's newlines in names and values: https://html.spec.whatwg.org/#multipart-form-data */
const normalized = (text) => text.replace(/\r\n?|\n/g, '\r\n');

async function described(form) {
  const entries = [];
  for (const [name, value] of form) {
    entries.push(typeof value === 'string' ? [name, value] :
        [name, value.name, value.type, Array.from(new Uint8Array(await value.arrayBuffer())).join()]);
  }
  return entries;
}

test('forms come back as they were', async () => {
  for (let round = 0; round < 300; ++round) {
    const form = randomForm();
    const sent = (await described(form)).map(([name, value, type, content]) =>
        content === undefined ? [normalized(name), normalized(value)]
          : [normalized(name), value, type || 'application/octet-stream', content]);
    const got = await described(await new Response(form).formData());
    equal(got, sent);
  }
});

/** Bytes like those, with some of them lost, changed, doubled or moved. */
function mutated(original) {
  let body = Array.from(original);
  for (let i = 1 + random(4); i > 0; --i) {
    const at = random(body.length + 1);
    const count = 1 + random(12);
    const kind = random(5);
    if (kind === 0) body.splice(at, count);
    else if (kind === 1) body.splice(at, 0, ...bytes(count));
    else if (kind === 2) body.splice(at, 0, ...body.slice(at, at + 8 * count));
    else if (kind === 3) body = body.slice(0, at);
    else body.splice(at, 0, ...new TextEncoder().encode(pick(['\r\n', '--', '\r\n--b', ':', '"', ';', '\0'])));
  }
  return Uint8Array.from(body);
}

test('bytes that are no form are a TypeError, or another form', async () => {
  const head = 'multipart/form-data; boundary=b';
  const encode = (text) => new TextEncoder().encode(text);
  const seeds = [
    '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\none\r\n--b--\r\n',
    '--b\r\nContent-Disposition: form-data; name="f"; filename="n"\r\nContent-Type: a/b\r\n\r\n\0\r\n--b\r\n' +
        'content-disposition: form-data; name="y"\r\n\r\n\r\n--b--',
    'preamble\r\n--b\r\n\r\nno head\r\n--b--\r\nepilogue',
    '--b--',
  ].map(encode);
  let forms = 0;
  for (let round = 0; round < 4000; ++round) {
    const response = new Response(mutated(pick(seeds)), {headers: {'content-type': head}});
    try {
      for (const [name, value] of await response.formData()) {
        ok(typeof name === 'string' && (typeof value === 'string' || value instanceof File));
      }
      ++forms;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  ok(forms > 100 && forms < 3900, `${forms} of 4000 are forms`);
});

test('names of files as browsers, curl and others write them', async () => {
  const name = async (disposition) => {
    const body = `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\nx\r\n--b--\r\n`;
    const form = await new Response(
        body, {headers: {'content-type': 'multipart/form-data; boundary=b'}}).formData();
    const [[key, value]] = form;
    return [key, value.name];
  };
  equal(await name('name="f"; filename="a=b;c.txt"'), ['f', 'a=b;c.txt']);
  equal(await name('name="f"; filename="say %22hi%22.txt"'), ['f', 'say "hi".txt']);
  equal(await name('name="f"; filename="say \\"hi\\".txt"'), ['f', 'say "hi".txt']);
  equal(await name('name="f"; filename="C:\\x.txt"'), ['f', 'C:\\x.txt']);
  equal(await name('NAME=f; FileName=plain.txt'), ['f', 'plain.txt']);
  equal(await name('filename="x;name=y"; name=""'), ['', 'x;name=y']);
});
