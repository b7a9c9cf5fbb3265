const page = (text, type = 'text/html') => new Response(text, {headers: {'content-type': type}});
const rewrite = (text, build) => build(new HTMLRewriter()).transform(page(text)).text();

test('elements: content around and inside', async () => {
  equal(await rewrite('<p>x</p>', (rewriter) => rewriter.on('p', {
    element(element) {
      element.before('<b>').after('<i>', {html: true}).prepend('1').append('<br>', {html: true});
    },
  })), '&lt;b&gt;<p>1x<br></p><i>');
  equal(await rewrite('<p>x</p><q>y</q>', (rewriter) => rewriter
      .on('p', {element: (element) => { element.setInnerContent('new'); }})
      .on('q', {element: (element) => { element.replace('gone', {html: true}); }})), '<p>new</p>gone');
  equal(await rewrite('<p>x</p><q>y</q>', (rewriter) => rewriter
      .on('p', {element: (element) => { element.remove(); ok(element.removed); }})
      .on('q', {element: (element) => { element.removeAndKeepContent(); }})), 'y');
});

test('elements: names and attributes', async () => {
  const seen = [];
  equal(await rewrite('<a href="/x" ID=i>z</a><svg/>', (rewriter) => rewriter.on('*', {
    element(element) {
      seen.push(element.tagName, element.namespaceURI, [...element.attributes]);
      if (element.tagName !== 'a') return;
      equal([element.getAttribute('href'), element.getAttribute('none')], ['/x', null]);
      equal([element.hasAttribute('id'), element.hasAttribute('none')], [true, false]);
      element.setAttribute('title', '"').removeAttribute('id');
      throws(() => element.setAttribute('a b', ''), 'TypeError', /forbidden/);
      throws(() => { element.tagName = ''; }, 'TypeError', /empty/);
      element.tagName = 'b';
    },
  })), '<b href="/x" title="&quot;">z</b><svg/>');
  equal(seen, [
    'a', 'http://www.w3.org/1999/xhtml', [['href', '/x'], ['id', 'i']],
    'svg', 'http://www.w3.org/2000/svg', [],
  ]);
});

test('selectors', async () => {
  const marked = (selector) => rewrite(
      '<meta property="og:title"><meta name="x"><div class="a b"><p>1</p><p>2</p></div>',
      (rewriter) => rewriter.on(selector, {element: (element) => { element.setAttribute('m', ''); }}));
  equal((await marked('meta[property^="og:"]')).match(/ m=""/g).length, 1);
  equal((await marked('div.b > p:nth-child(2)')).includes('<p m="">2'), true);
  throws(() => new HTMLRewriter().on('p:::', {}), 'TypeError', /Parser error/);
  throws(() => new HTMLRewriter().on('', {}), 'TypeError', /Parser error/);
  throws(() => new HTMLRewriter().on('p', {element: 1}), 'TypeError', /not a function/);
});

test('end tags, comments, text, doctype, the end of the document', async () => {
  const texts = [];
  const result = await rewrite('<!doctype html><p>one<!--c--></p>', (rewriter) => rewriter
      .on('p', {
        element(element) {
          element.onEndTag((tag) => {
            equal(tag.name, 'p');
            tag.before('[').after(']');
            tag.name = 'q';
          });
        },
        comments(comment) {
          equal(comment.text, 'c');
          comment.text = 'd';
          throws(() => { comment.text = '-->'; }, 'TypeError');
        },
        text(chunk) {
          texts.push([chunk.text, chunk.lastInTextNode, chunk.removed]);
          if (chunk.text === 'one') chunk.replace('ONE');
        },
      })
      .onDocument({
        doctype(doctype) {
          equal([doctype.name, doctype.publicId, doctype.systemId], ['html', null, null]);
        },
        comments(comment) { comment.after('!'); },
        end(end) { end.append('<hr>', {html: true}); },
      }));
  equal(result, '<!doctype html><p>ONE<!--d-->![</q>]<hr>');
  equal(texts, [['one', false, false], ['', true, false]]);
  await rejects(rewrite('<br>', (rewriter) => rewriter.on('br', {
    element: (element) => element.onEndTag(() => {}),
  })), 'TypeError', /No end tag/);
});

test('handlers may take their time, and several documents at once', async () => {
  const slow = (mark) => rewrite('<p>a</p><p>b</p>'.repeat(20), (rewriter) => rewriter.on('p', {
    async element(element) {
      await delay(1);
      element.setAttribute('m', mark);
    },
  }));
  const results = await Promise.all([slow('1'), slow('2'), slow('3')]);
  equal(results.map((text) => text.match(/m="(\d)"/g).length), [40, 40, 40]);
  ok(results.every((text, i) => text.startsWith(`<p m="${i + 1}">a</p>`)), 'each its own');
});

test('a token is only there for its handler', async () => {
  let kept;
  await rewrite('<p></p>', (rewriter) => rewriter.on('p', {element: (element) => { kept = element; }}));
  throws(() => kept.tagName, 'TypeError', /no longer valid/);
  throws(() => kept.before('x'), 'TypeError', /no longer valid/);
  throws(() => new kept.constructor(), 'TypeError', /Illegal constructor/);
});

test('errors in handlers fail the body', async () => {
  const failing = (element) => rewrite('<p></p>', (rewriter) => rewriter.on('p', {element}));
  await rejects(failing(() => { throw new RangeError('sync'); }), 'RangeError', /sync/);
  await rejects(failing(async () => { throw new RangeError('async'); }), 'RangeError', /async/);
});

test('content from streams and responses, in the order of the calls', async () => {
  const stream = (...parts) => new ReadableStream({
    async start(controller) {
      for (const part of parts) {
        await delay(1);
        controller.enqueue(part);
      }
      controller.close();
    },
  });
  const bytes = new TextEncoder().encode('<é>');
  equal(await rewrite('<p></p>', (rewriter) => rewriter.on('p', {
    element(element) {
      element.append('1').append(stream(bytes.slice(0, 2), bytes.slice(2)))
          .append(new Response('<u>'), {html: true}).append('2');
    },
  })), '<p>1&lt;é&gt;<u>2</p>');
});

test('the response: headers, status, no body', async () => {
  const response = new HTMLRewriter().transform(new Response('<p>', {
    status: 404, statusText: 'Nope', headers: {'content-length': '3', 'x-a': 'b'},
  }));
  equal([response.status, response.statusText, response.headers.get('x-a')], [404, 'Nope', 'b']);
  equal(response.headers.has('content-length'), false);
  const none = new Response(null, {status: 204});
  equal(new HTMLRewriter().transform(none), none);
  throws(() => new HTMLRewriter().transform('<p>'), 'TypeError', /Response/);
});

test('other encodings', async () => {
  const latin = new Response(new Uint8Array([0x3c, 0x70, 0x3e, 0xe9]), {
    headers: {'content-type': 'text/html; charset="iso-8859-1"'},
  });
  const seen = [];
  const result = await new HTMLRewriter().on('p', {
    text: (chunk) => { if (chunk.text) seen.push(chunk.text); },
    element: (element) => { element.prepend('è'); },
  }).transform(latin).bytes();
  equal(seen, ['é']);
  equal([...result], [0x3c, 0x70, 0x3e, 0xe8, 0xe9]);
  for (const charset of ['utf-16le', 'nothing']) {
    throws(() => new HTMLRewriter().transform(page('', `text/html;charset=${charset}`)), 'TypeError',
        /cannot be rewritten/);
  }
});

test('the source is read no faster than the result', async () => {
  let pulled = 0;
  let cancelled;
  const source = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode(`<p>${++pulled}</p>`));
    },
    cancel(reason) { cancelled = reason; },
  }, {highWaterMark: 0});
  const reader = new HTMLRewriter().on('p', {element: (element) => { element.append('!'); }})
      .transform(new Response(source)).body.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), '<p>1!</p>');
  await delay(5);
  equal(pulled, 1);
  await reader.cancel('enough');
  equal(cancelled, 'enough');
});

test('a document that is cut off anywhere, given in single bytes', async () => {
  const text = '<!doctype html><html><body a="b" c=d><!-- x --><p>é &amp; y<script>if (a<b) "</p>"</script>' +
      '<svg><![CDATA[z]]></svg><textarea><p></textarea></body></html>';
  const bytes = new TextEncoder().encode(text);
  for (let end = 0; end <= bytes.length; end += 7) {
    const source = new ReadableStream({
      start(controller) {
        for (const byte of bytes.slice(0, end)) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const result = await new HTMLRewriter().on('*', {element() {}, text() {}, comments() {}})
        .transform(new Response(source)).bytes();
    equal([...result], [...bytes.slice(0, end)]);
  }
});

test('what would need too much memory is refused', async () => {
  const endless = new ReadableStream({
    start(controller) { controller.enqueue(new TextEncoder().encode('<p ')); },
    pull(controller) { controller.enqueue(new Uint8Array(1 << 20).fill(97)); },
  });
  const rewritten = new HTMLRewriter().on('p', {element() {}}).transform(new Response(endless));
  await rejects(rewritten.text(), 'Error', /memory limit/i);
});

test('rewriters that are abandoned at a token leave nothing behind', async () => {
  for (let i = 0; i < 50; i++) {
    const reader = new HTMLRewriter().on('p', {element: () => new Promise(() => {})})
        .transform(page('<p></p>')).body.getReader();
    reader.read();
    await 0;
  }
  await delay(1);
});
