// What a request gets of a stored response: all of it, some bytes, or the word that it has not changed
// (RFC 9110, sections 13 and 14).

/** @param {string} etag @returns {string} without the mark of a weak one (RFC 9110, section 8.8.3.2) */
const opaque = (etag) => etag.trim().replace(/^W\//, '');

/** @param {string} list of If-None-Match @param {string | null} etag */
function matchesAny(list, etag) {
  if (list.trim() === '*') return true;
  if (etag === null) return false;
  return Array.from(list.matchAll(/(?:W\/)?"[^"]*"/g), ([tag]) => opaque(tag)).includes(opaque(etag));
}

/**
 * @param {Headers} asked the request's
 * @param {Headers} stored the response's
 * @returns {boolean} whether 304 is the answer
 */
export function isNotModified(asked, stored) {
  const tags = asked.get('if-none-match');
  // Where there are tags the date counts for nothing (RFC 9110, section 13.1.3).
  if (tags !== null) return matchesAny(tags, stored.get('etag'));
  const since = Date.parse(asked.get('if-modified-since') ?? '');
  return Date.parse(stored.get('last-modified') ?? '') <= since;
}

/** Whether a range may be given of what is stored now (RFC 9110, section 13.1.5). */
function rangeApplies(asked, stored) {
  const condition = asked.get('if-range');
  if (condition === null) return true;
  if (condition.includes('"')) return !condition.startsWith('W/') && condition === stored.get('etag');
  return Date.parse(condition) === Date.parse(stored.get('last-modified') ?? '');
}

/**
 * @param {Headers} asked the request's
 * @param {Headers} stored the response's
 * @param {number} size of the body in bytes
 * @returns {{start: number, end: number} | 'whole' | 'unsatisfiable'} `end` is the last byte. Of several
 *     ranges none is given: the whole is a correct answer to them.
 */
export function rangeOf(asked, stored, size) {
  const header = asked.get('range');
  const range = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '');
  if (range === null || range[1] + range[2] === '' || !rangeApplies(asked, stored)) return 'whole';
  const [first, last] = range.slice(1);
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'unsatisfiable' : {start: size - count, end: size - 1};
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'whole';  // not a range (section 14.1.1)
  return start >= size ? 'unsatisfiable' : {start, end};
}
