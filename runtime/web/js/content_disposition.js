// The names in a part of a form: RFC 7578, section 4.2.

const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:\\["\\]|[^"])*)"?|([^;"]*))/g;

/** What browsers write for bytes that a quoted text cannot have; what Workers and curl do. */
const ESCAPES = {'%0A': '\n', '%0D': '\r', '%22': '"', '\\"': '"', '\\\\': '\\'};
const ESCAPE = /%0A|%0D|%22|\\["\\]/gi;

/**
 * @param {string} value of Content-Disposition, a code point for each byte
 * @returns {Map<string, string>} its parameters, by names in lower case; the first of a name counts
 */
export function parseContentDisposition(value) {
  const parameters = new Map();
  for (const [, name, quoted, plain] of value.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (parameters.has(key)) continue;
    parameters.set(key, quoted === undefined ? plain.trim() :
        quoted.replace(ESCAPE, (escape) => ESCAPES[escape.toUpperCase()]));
  }
  return parameters;
}
