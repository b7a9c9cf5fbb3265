// The two tables between the built-in JavaScript and native code.
//
// `ops` holds the native functions; runtime/*/…_ops.cc say what each does. In `hooks` the built-in
// JavaScript puts the functions that native code calls. Both come in through one global, which is
// there only while the bundle runs.

export const {ops, hooks} = globalThis.__host;
