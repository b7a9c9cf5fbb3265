// The object that Deno's scripts know as the free variable `__bootstrap`: bundle.mjs puts an import
// of it into each of them. `primordials` and `core` are filled in before the first script runs.

export const bootstrap = {internals: {}};
