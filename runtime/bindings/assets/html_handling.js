// Which file a path stands for: `html_handling` and `not_found_handling`.
// https://developers.cloudflare.com/workers/static-assets/routing/advanced/html-handling/
//
// An HTML file has one address, which the mode decides. Other paths that lead to it are redirected
// there, as long as that address leads to the same file.

/**
 * @callback Exists
 * @param {string} path of a file, from the folder of assets
 * @returns {boolean}
 */

/** The path of an HTML file without its extension, or without `index.html`. */
const withoutExtension = (file) => file.slice(0, -'.html'.length);
const isIndex = (file) => file.endsWith('/index.html');
const folderOf = (file) => file.slice(0, -'index.html'.length);

/** Where each mode has an HTML file. @type {Record<string, (file: string) => string>} */
const ADDRESSES = {
  'auto-trailing-slash': (file) => isIndex(file) ? folderOf(file) : withoutExtension(file),
  'force-trailing-slash': (file) => isIndex(file) ? folderOf(file) : `${withoutExtension(file)}/`,
  'drop-trailing-slash': (file) =>
      isIndex(file) ? folderOf(file).slice(0, -1) || '/' : withoutExtension(file),
};

export const HTML_HANDLING = [...Object.keys(ADDRESSES), 'none'];

/** HTML files that a path may mean, the nearest first. */
function candidates(path) {
  if (path.endsWith('/index')) return [`${path}.html`, `${path.slice(0, -'/index'.length)}.html`];
  if (path.endsWith('/index.html')) return [path, `${path.slice(0, -'/index.html'.length)}.html`];
  if (path.endsWith('/')) return [`${path}index.html`, `${path.slice(0, -1)}.html`];
  if (path.endsWith('.html')) return [path, `${withoutExtension(path)}/index.html`];
  return [`${path}.html`, `${path}/index.html`];
}

/**
 * @param {string} path decoded
 * @param {string} mode one of HTML_HANDLING
 * @param {Exists} exists
 * @returns {{file: string} | {redirect: string} | undefined}
 */
export function resolvePath(path, mode, exists) {
  const isFile = exists(path);
  if (mode === 'none') return isFile ? {file: path} : undefined;
  const isHtml = path.endsWith('.html');
  if (isFile && !isHtml) return {file: path};
  const addressOf = ADDRESSES[mode];
  /** The file that is served at an address, without a redirect. */
  const servedAt = (address) => exists(address)
    ? address : candidates(address).find((file) => exists(file) && addressOf(file) === address);
  for (const file of candidates(path)) {
    if (!exists(file)) continue;
    const address = addressOf(file);
    if (address === path) return {file};
    if (servedAt(address) === file) return {redirect: address};
    // Its address leads to another file, so this one is where its name says.
    if (isFile && mode !== 'auto-trailing-slash') break;
  }
  return isFile ? {file: path} : undefined;
}

/**
 * What answers for a path that no file answers for.
 * @param {string} path
 * @param {string} mode
 * @param {Exists} exists
 * @returns {{file: string, status: 200 | 404} | undefined}
 */
export function resolveNotFound(path, mode, exists) {
  if (mode === 'single-page-application') {
    return exists('/index.html') ? {file: '/index.html', status: 200} : undefined;
  }
  if (mode !== '404-page') return undefined;
  for (let folder = path; folder !== '';) {
    folder = folder.slice(0, folder.lastIndexOf('/'));
    const file = `${folder}/404.html`;
    if (exists(file)) return {file, status: 404};
  }
  return undefined;
}
