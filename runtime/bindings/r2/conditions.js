// What R2's options say, from objects or from headers, in the form that the native side takes.

/** Fields of `httpMetadata`, and the headers that hold them. @type {[string, string][]} */
export const METADATA_HEADERS = [
  ['contentType', 'content-type'],
  ['contentLanguage', 'content-language'],
  ['contentDisposition', 'content-disposition'],
  ['contentEncoding', 'content-encoding'],
  ['cacheControl', 'cache-control'],
  ['cacheExpiry', 'expires'],
];

const given = (value) => value !== undefined && value !== null;

/** @param {string} text as in If-Match: one or several, or "*" @returns {{value: string, weak: boolean}[]} */
function etagsOfHeader(text) {
  if (text.trim() === '*') return [{value: '*', weak: false}];
  return Array.from(text.matchAll(/(W\/)?"([^"]*)"/g),
      ([, weak, value]) => ({value, weak: weak !== undefined}));
}

/** One etag as a Worker writes it: without quotes. */
function etagOfOption(text) {
  const etag = `${text}`;
  if (/^(W\/)?".*"$/.test(etag)) {
    throw new TypeError(
        `Conditional ETag should not be wrapped in quotes (${etag}).`);
  }
  return {value: etag, weak: false};
}

function milliseconds(date) {
  const time = date instanceof Date ? date.getTime() : Number(date);
  if (Number.isNaN(time)) throw new TypeError('A condition\'s date is not valid.');
  return time;
}

/**
 * @param {Headers | {etagMatches?: string, etagDoesNotMatch?: string, uploadedBefore?: Date,
 *     uploadedAfter?: Date, secondsGranularity?: boolean} | undefined} onlyIf
 * @returns {string} JSON: {matches, differs: etags; before, after: milliseconds; inSeconds}
 */
export function conditionOf(onlyIf) {
  const condition = {};
  if (onlyIf instanceof Headers) {
    const read = (name, set) => {
      const text = onlyIf.get(name);
      if (text !== null) set(text);
    };
    const time = (text) => Date.parse(text);
    read('if-match', (text) => { condition.matches = etagsOfHeader(text); });
    read('if-none-match', (text) => { condition.differs = etagsOfHeader(text); });
    // A date that cannot be read counts for nothing (RFC 9110, section 13.1.3).
    read('if-modified-since', (text) => { condition.after = time(text); });
    read('if-unmodified-since', (text) => { condition.before = time(text); });
    condition.inSeconds = true;
    return JSON.stringify(condition);
  }
  const {etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity} =
      onlyIf ?? {};
  if (given(etagMatches)) condition.matches = [etagOfOption(etagMatches)];
  if (given(etagDoesNotMatch)) condition.differs = [etagOfOption(etagDoesNotMatch)];
  if (given(uploadedBefore)) condition.before = milliseconds(uploadedBefore);
  if (given(uploadedAfter)) condition.after = milliseconds(uploadedAfter);
  if (secondsGranularity) condition.inSeconds = true;
  return JSON.stringify(condition);
}

/** RFC 9110, section 14.2; a header that is not valid, or has several ranges, asks for the whole. */
function rangeOfHeader(text) {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(text ?? '');
  if (match === null) return {};
  const [, first, last] = match;
  if (first === '') return last === '' ? {} : {suffix: Number(last)};
  const offset = Number(first);
  if (last === '') return {offset};
  return Number(last) < offset ? {} : {offset, length: Number(last) - offset + 1};
}

/**
 * @param {Headers | {offset?: number, length?: number, suffix?: number} | undefined} range
 * @returns {string} JSON
 */
export function rangeOf(range) {
  if (range instanceof Headers) return JSON.stringify(rangeOfHeader(range.get('range')));
  const wanted = {};
  for (const name of ['offset', 'length', 'suffix']) {
    const value = range?.[name];
    if (!given(value)) continue;
    if (!Number.isFinite(Number(value))) throw new TypeError(`The range's ${name} is not a number.`);
    wanted[name] = Math.trunc(Number(value));
  }
  if (wanted.suffix !== undefined && (wanted.offset ?? wanted.length) !== undefined) {
    throw new TypeError('Suffix is incompatible with offset or length.');
  }
  return JSON.stringify(wanted);
}

/** @param {Headers | object | undefined} metadata @returns {Record<string, string | number>} as it is kept */
export function httpMetadataOf(metadata) {
  const kept = {};
  for (const [field, header] of METADATA_HEADERS) {
    const value = metadata instanceof Headers ? metadata.get(header) : metadata?.[field];
    if (!given(value)) continue;
    if (field === 'cacheExpiry') {
      const time = value instanceof Date ? value.getTime() : Date.parse(value);
      if (!Number.isNaN(time)) kept[field] = time;
    } else {
      kept[field] = `${value}`;
    }
  }
  return kept;
}
