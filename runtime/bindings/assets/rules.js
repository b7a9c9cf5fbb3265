// The files `_headers` and `_redirects`:
// https://developers.cloudflare.com/workers/static-assets/headers/
// https://developers.cloudflare.com/workers/static-assets/redirects/

const MAX_LINE_LENGTH = 2000;
const MAX_HEADER_RULES = 100;
const MAX_STATIC_REDIRECTS = 2000;
const MAX_DYNAMIC_REDIRECTS = 100;
const REDIRECT_STATUSES = new Set([200, 301, 302, 303, 307, 308]);

const escapeForRegExp = (text) => text.replace(/[-/\\^$*+?.()|[\]{}]/g, '\\$&');

/**
 * A rule's path as a pattern: `*` is captured as `splat`, `:name` under its name.
 * @param {string} rule a path, or https://host/path
 * @returns {(url: URL) => Record<string, string> | undefined} what it captured
 */
function compilePath(rule) {
  const [, host, path] = /^(?:https:\/\/([^/]*))?(.*)$/.exec(rule);
  const compile = (text, segment) => text.split(/(\*|:[A-Za-z]\w*)/).map((part, i) => {
    if (i % 2 === 0) return escapeForRegExp(part);
    return part === '*' ? '(?<splat>.*)' : `(?<${part.slice(1)}>${segment})`;
  }).join('');
  const hostPattern = host === undefined ? '' : `https:\\/\\/${compile(host, '[^/.]+')}`;
  const pattern = new RegExp(`^${hostPattern}${compile(path, '[^/]+')}$`);
  return ({hostname, pathname}) => {
    const match = pattern.exec(host === undefined ? pathname : `https://${hostname}${pathname}`);
    return match === null ? undefined : match.groups ?? {};
  };
}

/** `:name` in a text by what a rule has captured. */
function fillIn(text, captured) {
  return Object.entries(captured).reduce(
      (filled, [name, value]) => filled.replaceAll(`:${name}`, value ?? ''), text);
}

/** The lines that say something, with their numbers. */
function* meaningfulLines(text, problems) {
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.length > MAX_LINE_LENGTH) {
      problems.push(`line ${index + 1} is longer than ${MAX_LINE_LENGTH} characters`);
      continue;
    }
    yield {line, number: index + 1};
  }
}

/** @returns {string | undefined} why a path cannot be a rule's */
function problemOfPath(path) {
  if (!path.startsWith('/') && !path.startsWith('https://')) {
    return 'URLs should begin with a forward-slash, or with "https://".';
  }
  const wildcards = path.split('*').length - 1;
  if (wildcards > 1) return `Only one wildcard is allowed per rule. Skipping ${path}.`;
  if (wildcards === 1 && /:splat(?!\w)/.test(path)) {
    return `Cannot combine a wildcard * with a :splat placeholder. Skipping ${path}.`;
  }
  const names = [...path.matchAll(/:([A-Za-z]\w*)/g)].map(([, name]) => name);
  if (new Set(names).size < names.length) return `A placeholder occurs twice. Skipping ${path}.`;
  return undefined;
}

/**
 * @typedef {object} HeaderRule
 * @property {ReturnType<typeof compilePath>} matches
 * @property {[string, string][]} set
 * @property {string[]} unset
 */

/**
 * @param {string} text of `_headers`
 * @returns {{rules: HeaderRule[], problems: string[]}}
 */
export function parseHeaders(text) {
  const rules = [];
  const problems = [];
  let rule;
  let isSkipped = false;
  for (const {line, number} of meaningfulLines(text, problems)) {
    const complain = (message) => problems.push(`line ${number}: ${message}`);
    if (/^(\/|\S+:\/\/)/.test(line)) {
      const problem = problemOfPath(line);
      isSkipped = problem !== undefined;
      if (problem !== undefined) {
        complain(problem);
      } else if (rules.length >= MAX_HEADER_RULES) {
        complain(`Maximum number of rules supported is ${MAX_HEADER_RULES}.`);
        break;
      } else {
        rule = {matches: compilePath(line), set: [], unset: []};
        rules.push(rule);
      }
      continue;
    }
    if (isSkipped) continue;
    if (rule === undefined) {
      complain('Path should come before header');
    } else if (line.startsWith('! ')) {
      rule.unset.push(line.slice(2).trim());
    } else {
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (name === '' || value === '' || /\s/.test(name)) {
        complain('Expected a colon-separated header pair (e.g. name: value)');
      } else {
        const known = rule.set.find(([other]) => other === name);
        if (known === undefined) rule.set.push([name, value]);
        else known[1] += `, ${value}`;
      }
    }
  }
  return {rules: rules.filter(({set, unset}) => set.length + unset.length > 0), problems};
}

/**
 * Does to a response's headers what the rules say, in their order: the first that sets a header
 * replaces it, later ones add to it.
 * @param {HeaderRule[]} rules @param {URL} url @param {Headers} headers
 */
export function applyHeaders(rules, url, headers) {
  const seen = new Set();
  for (const {matches, set, unset} of rules) {
    const captured = matches(url);
    if (captured === undefined) continue;
    for (const name of unset) headers.delete(name);
    for (const [name, value] of set) {
      const filled = fillIn(value, captured);
      if (seen.has(name)) headers.append(name, filled);
      else headers.set(name, filled);
      seen.add(name);
    }
  }
}

/**
 * @typedef {object} Redirects
 * @property {Map<string, {to: string, status: number}>} fixed by path, or https://host/path
 * @property {{matches: ReturnType<typeof compilePath>, to: string, status: number}[]} dynamic
 */

/**
 * @param {string} text of `_redirects`
 * @param {boolean} handlesHtml whether addresses are redirected to others by themselves
 * @returns {Redirects & {problems: string[]}}
 */
export function parseRedirects(text, handlesHtml) {
  const fixed = new Map();
  const dynamic = [];
  const problems = [];
  const seen = new Set();
  for (const {line, number} of meaningfulLines(text, problems)) {
    const complain = (message) => problems.push(`line ${number}: ${message}`);
    const tokens = line.replace(/\s+#.*$/, '').split(/\s+/);
    if (tokens.length < 2 || tokens.length > 3) {
      complain(`Expected exactly 2 or 3 whitespace-separated tokens. Got ${tokens.length}.`);
      continue;
    }
    const [from, to, given = '302'] = tokens;
    const status = Number(given);
    const isRelative = to.startsWith('/');
    const toIndex = isRelative && /\/index(\.html)?$/.test(to);
    const problem = problemOfPath(from);
    if (problem !== undefined) {
      complain(problem);
    } else if (!isRelative && !/^https?:\/\//.test(to)) {
      complain('URLs should either be relative (e.g. begin with a forward-slash), or use HTTPS.');
    } else if (!REDIRECT_STATUSES.has(status)) {
      complain(`Valid status codes are 200, 301, 302 (default), 303, 307, or 308. Got ${given}.`);
    } else if (toIndex && (from.endsWith('/*') || (from.endsWith('/') && handlesHtml))) {
      complain('Infinite loop detected in this rule and has been ignored.');
    } else if (status === 200 && !isRelative) {
      complain(`Proxy (200) redirects can only point to relative paths. Got ${to}`);
    } else if (seen.has(from)) {
      complain(`Ignoring duplicate rule for path ${from}.`);
    } else {
      seen.add(from);
      // After the first dynamic rule all are tried in their order.
      if (dynamic.length === 0 && !/\*|:[A-Za-z]/.test(from.replace(/^https:/, ''))) {
        if (fixed.size < MAX_STATIC_REDIRECTS) fixed.set(from, {to, status});
        else complain(`Maximum number of static rules supported is ${MAX_STATIC_REDIRECTS}.`);
      } else if (dynamic.length < MAX_DYNAMIC_REDIRECTS) {
        dynamic.push({matches: compilePath(from), to, status});
      } else {
        complain(`Maximum number of dynamic rules supported is ${MAX_DYNAMIC_REDIRECTS}.`);
        break;
      }
    }
  }
  return {fixed, dynamic, problems};
}

/**
 * @param {Redirects} redirects @param {URL} url
 * @returns {{to: string, status: number} | undefined}
 */
export function findRedirect({fixed, dynamic}, url) {
  const found = fixed.get(url.pathname) ?? fixed.get(`https://${url.host}${url.pathname}`);
  if (found !== undefined) return found;
  for (const {matches, to, status} of dynamic) {
    const captured = matches(url);
    if (captured === undefined) continue;
    const target = fillIn(to, captured).trim();
    return {status, to: /^\w+:\/\//.test(target) ? target : target.replace(/\/+/g, '/')};
  }
  return undefined;
}

/**
 * `run_worker_first` as a list: paths with `*`, and exceptions from them that begin with `!`.
 * @param {string[]} patterns
 * @returns {(path: string) => 'worker' | 'assets' | undefined}
 */
export function compileRouting(patterns) {
  const compile = (pattern) =>
      new RegExp(`^${pattern.split('*').map(escapeForRegExp).join('.*')}$`);
  const assets = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) =>
      compile(pattern.slice(1)));
  const worker = patterns.filter((pattern) => !pattern.startsWith('!')).map(compile);
  const any = (rules, path) => rules.some((rule) => rule.test(path));
  return (path) => any(assets, path) ? 'assets' : any(worker, path) ? 'worker' : undefined;
}
