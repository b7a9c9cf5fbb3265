// Bundles the built-in JavaScript: `node bundle.mjs PACKAGES CRATES OUTPUT`.
//
// PACKAGES  folder with node_modules, made by `npm ci` from package.json
// CRATES    folder with the crates' files, made by crates.mjs
// OUTPUT    one classic script

import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const [packages, crates, output] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const {build} = createRequire(join(packages, 'package.json'))('esbuild');

/**
 * Changes to Deno's scripts: [what, by what]. Each must be found exactly once, so that a new version
 * of a crate that reads differently stops the build instead of changing behaviour.
 * @type {Record<string, [string, string][]>}
 */
const PATCHES = {
  'deno_core/00_primordials.js': [
    ['  globalThis.__bootstrap ??= {};\n', ''],
    ['globalThis.__bootstrap.primordials', '__bootstrap.primordials'],
  ],
  // The sorted headers are kept until they change: each step of an iteration asks for them.
  'deno_fetch/20_headers.js': [
    ['  [_guard];\n', '  [_guard];\n  [_iterableHeadersCache] = undefined;\n'],
    ['      this[_guard] === "immutable" &&\n      this[_iterableHeadersCache] !== undefined\n    ) {\n' +
      '      return this[_iterableHeadersCache];\n',
      '      this[_iterableHeadersCache]?.count === list.length\n    ) {\n' +
      '      return this[_iterableHeadersCache].entries;\n'],
    ['    this[_iterableHeadersCache] = entries;\n',
      '    this[_iterableHeadersCache] = {entries, count: list.length};\n'],
    ['  // 7.\n  const list = headerListFromHeaders(headers);\n',
      '  headers[_iterableHeadersCache] = undefined;\n  const list = headerListFromHeaders(headers);\n'],
    ['    let added = false;\n', '    let added = false;\n    this[_iterableHeadersCache] = undefined;\n'],
    ['    if (writeIdx !== list.length) {\n',
      '    this[_iterableHeadersCache] = undefined;\n    if (writeIdx !== list.length) {\n'],
  ],
  // Names with separators, quotes and backslashes in them, and empty ones. Workers write a backslash as two.
  'deno_fetch/21_formdata.js': [
    ["  '\"': \"%22\",\n", "  '\"': \"%22\",\n  '\\\\': '\\\\\\\\',\n"],
    ['/([\\n\\r"])/g', '/([\\n\\r"\\\\])/g'],
    ['    const disposition = parseContentDisposition(\n',
      '    const disposition = core.parseContentDisposition(\n'],
    ['          if (latin1Name) {\n', '          if (latin1Name !== undefined) {\n'],
  ],
  // A body made of a string or bytes is a byte stream, as the standard and Workers have it.
  'deno_fetch/22_body.js': [
    ['  createReadableStream,\n', '  createReadableByteStream,\n'],
    ['const stream = createReadableStream(\n', 'const stream = createReadableByteStream(\n'],
    // An iterable object is converted to a string, as in Workers.
    ['webidl.isAsyncSequence(V) && !isStringObject(V)', 'false'],
    // Of the readable end of a FixedLengthStream.
    ['return { extractBody, InnerBody, mixinBody, packageData };',
      'const setBodyLength = (stream, length) => WeakMapPrototypeSet(staticBodyLength, stream, length);\n' +
      'return { extractBody, InnerBody, mixinBody, packageData, setBodyLength };'],
  ],
  // Members that Workers' Request has beside the standard.
  'deno_fetch/23_request.js': [
    ['{ key: "client", converter: webidl.converters.any },',
      '{ key: "cf", converter: webidl.converters.any },'],
    ['    if (init.client !== undefined) {\n', '    if (init.cf !== undefined) {\n' +
      '      request.cf = init.cf;\n    }\n    if (false) {\n'],
    ['  if (request.cacheMode !== undefined) cloned.cacheMode = request.cacheMode;\n',
      '  if (request.cacheMode !== undefined) cloned.cacheMode = request.cacheMode;\n' +
      '  if (request.cf !== undefined) cloned.cf = request.cf;\n'],
  ],
  'deno_fetch/23_response.js': [
    ['return { status, statusText, headers: init.headers };',
      'return { status, statusText, headers: init.headers, webSocket: init.webSocket,' +
      ' cf: init.cf, encodeBody: init.encodeBody };'],
    ['      key: "headers",\n      converter: webidlConvertersHeadersInit,\n    }],',
      '      key: "headers",\n      converter: webidlConvertersHeadersInit,\n    },' +
      ' ...["webSocket", "cf", "encodeBody"].map((key) => ({ key, converter: webidlConvertersAny }))],'],
    ['    initializeResponseBase(this, newInnerResponse(), "response");\n',
      '    initializeResponseBase(this, newInnerResponse(), "response");\n' +
      '    if (!defaultInit) core.initializeResponse(this[_response], init);\n'],
    ['    bodyDecoded: response.bodyDecoded,\n',
      '    bodyDecoded: response.bodyDecoded,\n    cf: response.cf,\n' +
      '    webSocket: response.webSocket,\n    encodeBody: response.encodeBody,\n'],
  ],
};

/** @param {string} name CRATE/FILE @param {string} source @returns {string} */
function patch(name, source) {
  for (const [what, by] of PATCHES[name] ?? []) {
    const parts = source.split(what);
    if (parts.length !== 2) {
      throw new Error(`${name}: expected this exactly once, found it ${parts.length - 1} times: ${what}`);
    }
    source = parts.join(by);
  }
  return source;
}

/**
 * A script is one immediately called function whose free variable is `__bootstrap`. As a module it
 * exports that function instead of calling it.
 * @param {string} name CRATE/FILE @param {string} source @returns {string}
 */
function toModule(name, source) {
  const opening = /^\((function \(\) \{|\(\) => \{)$/m.exec(source);
  const closing = source.lastIndexOf('})();');
  if (!opening || closing < opening.index) throw new Error(`${name} is not a script as expected`);
  return `import {bootstrap as __bootstrap} from ${
    JSON.stringify(join(here, 'web/js/deno/bootstrap.js'))};\nexport default (${
    source.slice(opening.index + 1, closing)}});\n`;
}

/** Serves `ext:CRATE/FILE` from the crates' files. */
const denoScripts = {
  name: 'deno-scripts',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^ext:/}, ({path}) => ({path: path.slice(4), namespace: 'deno'}));
    onLoad({filter: /.*/, namespace: 'deno'}, ({path}) => ({
      contents: toModule(path, patch(path, readFileSync(join(crates, path), 'utf8'))),
      loader: 'js',
      resolveDir: here,
    }));
  },
};

/**
 * Stops the build for a class that the bundler has called otherwise, because two modules have one of that
 * name: `constructor.name` of the platform's classes is API. Those of the global scope get theirs back
 * (web/js/globals.js), and these are nobody else's. (A class expression's own name does not last either.)
 */
const INTERNAL = ['InnerBody', 'State'];

/** @param {string} bundle @param {string} sources what it was made of */
function checkClassNames(bundle, sources) {
  const globals = new Set(readFileSync(join(here, 'web/js/globals.js'), 'utf8').match(/[A-Z]\w+/g));
  const known = new Set(sources.match(/[A-Z]\w*\d\b/g));
  for (const [, renamed] of bundle.matchAll(/\b(?:class )?([A-Z]\w*\d)(?:=class\b|(?<=class \w+)[ {])/g)) {
    const name = renamed.replace(/\d+$/, '');
    if (!known.has(renamed) && !globals.has(name) && !INTERNAL.includes(name)) {
      throw new Error(`there are two classes ${name}: one would be called ${renamed}`);
    }
  }
}

const {metafile} = await build({
  entryPoints: [join(here, 'platform.js')],
  outfile: output,
  bundle: true,
  format: 'iife',
  // Older targets turn #private members into WeakMaps, which is up to 15 times slower.
  target: 'chrome102',
  minifyWhitespace: true,
  minifySyntax: true,
  // Identifiers stay, for stack traces. esbuild's keepNames would do more: a call for each closure, each
  // time one is made.
  metafile: true,
  legalComments: 'none',
  nodePaths: [join(packages, 'node_modules')],
  plugins: [denoScripts],
  logLevel: 'warning',
});
checkClassNames(
    readFileSync(output, 'utf8'),
    Object.keys(metafile.inputs)
        .map((name) => (name.startsWith('deno:') ? join(crates, name.slice('deno:'.length)) : name))
        .map((path) => readFileSync(path, 'utf8')).join('\n'));
