// `.assetsignore`: files of the folder that are no assets, with the patterns of .gitignore.
// https://git-scm.com/docs/gitignore#_pattern_format

/** Configuration of the assets, never assets themselves. */
const OWN_FILES = ['/.assetsignore', '/_headers', '/_redirects'];

const escapeForRegExp = (text) => text.replace(/[-/\\^$*+?.()|[\]{}]/g, '\\$&');

/** One pattern as a regular expression over a path that begins with a slash. */
function compile(pattern) {
  const isFolder = pattern.endsWith('/');
  const body = pattern.replace(/^\//, '').replace(/\/$/, '');
  // A slash at the start or in the middle ties the pattern to the folder of assets.
  const isAnchored = pattern.slice(0, -1).includes('/');
  const source = body.split(/(\*\*\/|\/\*\*|\*|\?|\[[^\]]*\])/).map((part, i) => {
    if (i % 2 === 0) return escapeForRegExp(part);
    if (part === '**/') return '(?:.*/)?';
    if (part === '/**') return '/.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replace(/^\[!/, '[^');
  }).join('');
  return new RegExp(`^/${isAnchored ? '' : '(?:.*/)?'}${source}${isFolder ? '/.*' : '(?:/.*)?'}$`);
}

/**
 * @param {string} text of `.assetsignore`
 * @returns {(path: string) => boolean} whether a file is none of the assets
 */
export function parseIgnore(text) {
  const rules = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '').replace(/(?<!\\)\s+$/, '');
    if (line === '' || line.startsWith('#')) continue;
    const isNegated = line.startsWith('!');
    try {
      rules.push({isNegated, pattern: compile(isNegated ? line.slice(1) : line)});
    } catch {
      // A class of characters that is none matches nothing.
    }
  }
  return (path) => OWN_FILES.includes(path) || rules.reduce(
      (ignored, {isNegated, pattern}) => pattern.test(path) ? !isNegated : ignored, false);
}
