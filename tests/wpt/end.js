// Between testharness.js and the tests: tells the runner every result.

setup({explicit_done: true, explicit_timeout: true});
{
  const told = [];
  const tell = (harness) => report(JSON.stringify({harness, tests: told}));
  add_result_callback(({name, status, message}) => {
    told.push({name, error: status === 0 ? null : String(message)});
  });
  add_completion_callback((tests, {status, message}) => tell(status === 0 ? null : String(message)));
  // What comes after a test that does not end is not known.
  globalThis.timeIsOver = () => tell('a test did not end in time');
}

// Not before: with it testharness.js looks for a document.
globalThis.location = new URL(wpt.search, wpt.base);
