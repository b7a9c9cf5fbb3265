// What the test files of js/ are written with. The shell (web_test.cc) runs this first in each isolate,
// then one file, then `runTests()`.

const tests = [];

/** Declares a test. @param {string} name @param {() => any} body may be async */
function test(name, body) {
  tests.push({name, body});
}

function show(value) {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}

const describe = (value) =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : show(value);

/** Deep equality of plain values, arrays and typed arrays. */
function equal(actual, expected) {
  if (!same(actual, expected)) {
    throw new Error(`got ${describe(actual)}, expected ${describe(expected)}`);
  }
}

function ok(condition, what = 'condition') {
  if (!condition) throw new Error(`${what} does not hold`);
}

/** @param {Function} body @param {string} name of the error @param {RegExp} [message] */
function throws(body, name, message = /(?:)/) {
  try {
    body();
  } catch (error) {
    if (error.name !== name || !message.test(error.message)) {
      throw new Error(`threw ${error.name}: ${error.message}, expected ${name} ${message}`);
    }
    return error;
  }
  throw new Error(`did not throw ${name}`);
}

async function rejects(promise, name, message = /(?:)/) {
  try {
    await promise;
  } catch (error) {
    return throws(() => { throw error; }, name, message);
  }
  throw new Error(`did not reject with ${name}`);
}

const delay = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function runTests() {
  const results = [];
  for (const {name, body} of tests) {
    try {
      await body();
      results.push({name, error: null});
    } catch (error) {
      results.push({name, error: String(error?.stack ?? error)});
    }
  }
  shell.done(JSON.stringify(results));
}
