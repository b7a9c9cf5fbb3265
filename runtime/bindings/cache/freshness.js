// Whether a cache keeps a response, and for how long: RFC 9111 for a shared cache, with what Cloudflare
// documents for responses that do not say it themselves and for cookies.
// https://developers.cloudflare.com/cache/concepts/cache-control/

const MINUTE = 60;

/**
 * Seconds by status, without directives:
 * https://developers.cloudflare.com/cache/how-to/configure-cache-status-code/#edge-ttl
 */
const DEFAULT_SECONDS = new Map([
  [200, 120 * MINUTE], [301, 120 * MINUTE], [302, 20 * MINUTE], [303, 20 * MINUTE], [404, 3 * MINUTE],
  [410, 3 * MINUTE],
]);

/** What may be shared although the request carried credentials (RFC 9111, section 3.5). */
const SHARED = ['public', 's-maxage', 'must-revalidate'];

/**
 * @param {string} text a Cache-Control header
 * @returns {Map<string, string>} directives by their lower-case name; '' where there is no value
 */
function directivesOf(text) {
  const directives = new Map();
  for (const [, name, quoted, token] of text.matchAll(/([^\s,;="]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]*)))?/g)) {
    const key = name.toLowerCase();
    // The first one counts (RFC 9111, section 4.2.1).
    if (!directives.has(key)) directives.set(key, quoted ?? token ?? '');
  }
  return directives;
}

/** @returns {number | undefined} seconds; 0 for a value that is none (RFC 9111, section 4.2.1) */
function secondsOf(directives, name) {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return /^\d+$/.test(value) ? Number(value) : 0;
}

/** @returns {number | undefined} seconds until the response says that it ends */
function lifetime(headers, directives, now) {
  const stated = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  if (stated !== undefined) return stated;
  const expires = headers.get('expires');
  if (expires === null) return undefined;
  const date = Date.parse(headers.get('date') ?? '');
  const seconds = (Date.parse(expires) - (Number.isNaN(date) ? now : date)) / 1000;
  return Number.isNaN(seconds) ? 0 : seconds;
}

/**
 * @param {Headers} requestHeaders
 * @param {number} status
 * @param {Headers} headers the response's
 * @param {number} now milliseconds since 1970
 * @returns {{expires: number, keepsCookies: boolean} | null} until when (milliseconds since 1970) it is
 *     kept, and whether with its Set-Cookie headers; null: not at all
 */
export function freshness(requestHeaders, status, headers, now) {
  const directives = directivesOf(headers.get('cache-control') ?? '');
  const isPrivate = directives.get('private');
  // With field names only those are private (RFC 9111, section 5.2.2.7).
  const leavesCookies = isPrivate !== undefined && /(^|,)\s*set-cookie\s*(,|$)/i.test(isPrivate);
  if (headers.has('set-cookie') && !leavesCookies) return null;
  if (directives.has('no-store') || directives.has('no-cache') || isPrivate === '') return null;
  if (requestHeaders.has('authorization') && !SHARED.some((name) => directives.has(name))) return null;
  const seconds = lifetime(headers, directives, now) ?? DEFAULT_SECONDS.get(status) ?? 0;
  return seconds > 0 ? {expires: Math.floor(now + seconds * 1000), keepsCookies: !leavesCookies} : null;
}
