// Between testharness.js and the tests: tells the runner every result.

setup({explicit_done: true, explicit_timeout: true});
add_completion_callback((tests, status) => {
  report(JSON.stringify({
    harness: status.status === 0 ? null : String(status.message),
    tests: tests.map(({name, status: result, message}) =>
      ({name, error: result === 0 ? null : String(message)})),
  }));
});

// Not before: with it testharness.js looks for a document.
globalThis.location = new URL(wpt.search, wpt.base);
