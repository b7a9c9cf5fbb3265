test('URLPattern matches what a string says, each part for itself', () => {
  const pattern = new URLPattern('https://*.example.com/books/:id\\?lang=:lang');
  ok(pattern.test('https://shop.example.com/books/12?lang=en'), 'a match');
  ok(!pattern.test('http://shop.example.com/books/12?lang=en'), 'another protocol');
  ok(!pattern.test('https://shop.example.com/books/12/x?lang=en'), 'a longer path');
  ok(!pattern.test('not an address'), 'what is no address');
  equal(
      [pattern.protocol, pattern.hostname, pattern.port, pattern.pathname, pattern.search, pattern.hash],
      ['https', '*.example.com', '', '/books/:id', 'lang=:lang', '*']);
});

test('exec gives the groups of each part in the order of the pattern', () => {
  const pattern = new URLPattern({pathname: '/:zone/:area{/:rest}?'});
  const match = pattern.exec('https://user:word@h:8443/b/a?q#f');
  equal(match.inputs, ['https://user:word@h:8443/b/a?q#f']);
  equal(match.pathname, {input: '/b/a', groups: {zone: 'b', area: 'a', rest: undefined}});
  equal(Object.keys(match.pathname.groups), ['zone', 'area', 'rest']);
  equal(match.username, {input: 'user', groups: {0: 'user'}});
  equal(match.port, {input: '8443', groups: {0: '8443'}});
  equal(match.search, {input: 'q', groups: {0: 'q'}});
  equal(pattern.exec('https://h/b'), null);
});

test('a relative pattern and input need a base URL', () => {
  const pattern = new URLPattern('/a/*', 'https://h:81');
  equal([pattern.protocol, pattern.hostname, pattern.port], ['https', 'h', '81']);
  equal(pattern.search, '*');  // what comes after what is given may be anything
  ok(pattern.test('b', 'https://h:81/a/'), 'a relative input');
  equal(pattern.exec('b', 'https://h:81/a/').inputs, ['b', 'https://h:81/a/']);
  ok(!pattern.test('b'), 'a relative input without a base');
  throws(() => new URLPattern('/a/*'), 'TypeError', /not a valid pattern: '\/a\/\*'/);
});

test('a dictionary has its base URL inside', () => {
  const pattern = new URLPattern({pathname: 'x/:y', baseURL: 'https://h/d/'});
  equal([pattern.protocol, pattern.pathname], ['https', '/d/x/:y']);
  equal(pattern.exec({pathname: '/d/x/1', protocol: 'https', hostname: 'h'}).pathname.groups, {y: '1'});
  equal(pattern.exec({pathname: 'x/2', baseURL: 'https://h/d/'}).inputs,
      [{baseURL: 'https://h/d/', pathname: 'x/2'}]);
  throws(() => new URLPattern({pathname: '/'}, 'https://h'), 'TypeError', /baseURL/);
  throws(() => pattern.test({pathname: '/'}, 'https://h'), 'TypeError', /baseURL/);
  throws(() => pattern.exec({pathname: '/'}, 'https://h'), 'TypeError', /baseURL/);
});

test('without arguments everything matches', () => {
  const pattern = new URLPattern();
  equal([pattern.protocol, pattern.pathname, pattern.hash], ['*', '*', '*']);
  ok(pattern.test('https://h/'), 'an address');
  ok(pattern.test(), 'nothing at all');
  ok(new URLPattern(undefined, undefined).test({}), 'undefined is an empty dictionary');
});

test('ignoreCase, in each place of the options', () => {
  ok(!new URLPattern({pathname: '/Books'}).test('https://h/books'), 'as it is');
  ok(new URLPattern({pathname: '/Books'}, {ignoreCase: true}).test('https://h/books'), 'second');
  ok(new URLPattern('/Books/:n', 'https://h', {ignoreCase: true}).test('https://h/bOOks/1'), 'third');
});

test('groups with regular expressions', () => {
  const pattern = new URLPattern({pathname: '/:year(\\d{4})/(a|b)?'});
  ok(pattern.hasRegExpGroups, 'it has groups with regular expressions');
  ok(!new URLPattern({pathname: '/:year/*'}).hasRegExpGroups, 'names and wildcards are none');
  equal(pattern.exec('https://h/2026/b').pathname.groups, {year: '2026', 0: 'b'});
  equal(pattern.exec('https://h/2026').pathname.groups, {year: '2026', 0: undefined});
  ok(!pattern.test('https://h/26/b'), 'two digits');
  ok(new URLPattern({pathname: '/(\\p{Lu})'}).test({pathname: '/%C3%84'}) === false, 'escaped in paths');
  ok(new URLPattern({hash: '(\\p{L}+)'}).hasRegExpGroups, 'classes of Unicode');
  throws(() => new URLPattern({pathname: '/([z-a])'}), 'TypeError', /not a valid pattern/);
  throws(() => new URLPattern({pathname: '/(\u00e4)'}), 'TypeError', /not a valid pattern/);
});

test('modifiers repeat and leave out', () => {
  equal(new URLPattern({pathname: '/x/:p+'}).exec({pathname: '/x/a/b'}).pathname.groups, {p: 'a/b'});
  ok(!new URLPattern({pathname: '/x/:p+'}).test({pathname: '/x'}), 'at least one');
  equal(new URLPattern({pathname: '/x/:p*'}).exec({pathname: '/x'}).pathname.groups, {p: undefined});
  ok(new URLPattern({pathname: '/x{.html}?'}).test({pathname: '/x'}), 'left out');
  ok(new URLPattern({pathname: '/x{.html}?'}).test({pathname: '/x.html'}), 'present');
});

test('parts of a pattern are canonical as those of a URL', () => {
  equal(new URLPattern({pathname: '/\u00e4/caf\u00e9'}).pathname, '/%C3%A4/caf%C3%A9');
  equal(new URLPattern({hostname: 'b\u00fccher.example'}).hostname, 'xn--bcher-kva.example');
  equal(new URLPattern({protocol: 'https', port: '443'}).port, '');
  equal(new URLPattern({pathname: '/a/../b'}).pathname, '/b');
  equal(new URLPattern({search: '?q=1', hash: '#f'}).search, 'q=1');
  ok(new URLPattern({pathname: '/\u00e4'}).test('https://h/\u00e4'), 'compared after that');
});

test('what cannot be a pattern', () => {
  for (const bad of [
    {port: 'eighty'}, {hostname: 'bad host'}, {pathname: '/:'}, {pathname: '/{a'}, {pathname: '/(a'},
    {pathname: '/:a/:a'},
  ]) {
    throws(() => new URLPattern(bad), 'TypeError', /Failed to construct 'URLPattern'/);
  }
  throws(() => URLPattern('https://h'), 'TypeError');
  throws(() => Reflect.get(URLPattern.prototype, 'pathname'), 'TypeError');
});

test("a user's exec of regular expressions can change a match, not break the runtime", () => {
  const {exec} = RegExp.prototype;
  const pattern = new URLPattern({pathname: '/(\\d+)'});
  const throwing = Object.defineProperty(['', ''], 1, {get() { throw new Error('from a getter'); }});
  for (const result of [[], [''], ['', {}], throwing, {}]) {
    RegExp.prototype.exec = function(text) {
      return this.source.includes('d+') ? result : Reflect.apply(exec, this, [text]);
    };
    let match;
    try {
      match = pattern.exec('https://h/7');
    } finally {
      RegExp.prototype.exec = exec;
    }
    ok(match === null || match.pathname.groups[0] === undefined, 'no value that is not a string');
  }
  equal(pattern.exec('https://h/7').pathname.groups, {0: '7'});
});

test('console.log shows the parts', () => {
  shell.takeLog();
  console.log(new URLPattern({pathname: '/a/:b'}));
  ok(/^log: URLPattern \{[^]*pathname: '\/a\/:b'/.test(shell.takeLog()[0]), 'a line with the parts');
});
