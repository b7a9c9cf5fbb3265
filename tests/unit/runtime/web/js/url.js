test('URL takes an address apart', () => {
  const url = new URL('https://user:pa%20ss@Example.com:8080/a/../b?q=1&q=2#top');
  equal(url.href, 'https://user:pa%20ss@example.com:8080/b?q=1&q=2#top');
  equal([url.protocol, url.username, url.password, url.host], ['https:', 'user', 'pa%20ss', 'example.com:8080']);
  equal([url.hostname, url.port, url.pathname, url.search, url.hash], ['example.com', '8080', '/b', '?q=1&q=2', '#top']);
  equal(url.origin, 'https://example.com:8080');
});

test('URL without optional parts', () => {
  const url = new URL('http://example.com');
  equal([url.username, url.password, url.port, url.pathname, url.search, url.hash], ['', '', '', '/', '', '']);
  equal(new URL('https://example.com:443/').port, '');
  equal(new URL('mailto:me@example.com').pathname, 'me@example.com');
  equal(new URL('https://b\u00fccher.example/').host, 'xn--bcher-kva.example');
});

test('URL resolves against a base', () => {
  equal(new URL('../x?y#z', 'http://h/a/b/c').href, 'http://h/a/x?y#z');
  equal(new URL('//other/p', 'https://h/a').href, 'https://other/p');
});

test('URL refuses what is not one', () => {
  throws(() => new URL('nothing'), 'TypeError', /Invalid URL/);
  throws(() => new URL('/x', 'nor this'), 'TypeError');
  equal(URL.canParse('nothing'), false);
  equal(URL.canParse('x', 'http://h/'), true);
  equal(URL.parse('nothing'), null);
  equal(URL.parse('http://h/x').pathname, '/x');
});

test('URL setters', () => {
  const url = new URL('http://h/p');
  url.protocol = 'https';
  url.host = 'a.b:81';
  url.pathname = '/x y';
  url.search = 'a=b';
  url.hash = 'f';
  url.username = 'u';
  url.password = 'p@';
  equal(url.href, 'https://u:p%40@a.b:81/x%20y?a=b#f');
  equal([url.username, url.password, url.hostname], ['u', 'p%40', 'a.b']);
  url.port = 'no number';
  equal(url.port, '81');
  url.port = '';
  url.search = '';
  url.hash = '';
  equal(url.href, 'https://u:p%40@a.b/x%20y');
});

test('URLSearchParams', () => {
  const params = new URLSearchParams('?a=1&b=%20+&a=3&=x');
  equal(params.getAll('a'), ['1', '3']);
  equal(params.get('b'), '  ');
  equal(params.get(''), 'x');
  params.append('c', '\u00e4&');
  params.delete('a');
  equal(params.toString(), 'b=++&=x&c=%C3%A4%26');
  equal([...new URLSearchParams({z: '1', y: '2'})], [['z', '1'], ['y', '2']]);
  equal([...new URLSearchParams([['k', 'v']]).entries()], [['k', 'v']]);
  const sorted = new URLSearchParams('b=1&a=2&b=0');
  sorted.sort();
  equal(`${sorted}`, 'a=2&b=1&b=0');
  equal(sorted.size, 3);
});

test('a URL and its searchParams follow each other', () => {
  const url = new URL('http://h/?a=1');
  url.searchParams.set('a', '2');
  url.searchParams.append('b', '?');
  equal(url.href, 'http://h/?a=2&b=%3F');
  url.search = '?c=3';
  equal(url.searchParams.get('c'), '3');
});

test('lone surrogates become U+FFFD', () => {
  equal(new URL('http://h/\uD800').href, 'http://h/%EF%BF%BD');
});
