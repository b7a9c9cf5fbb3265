// The V8 startup snapshot: the built-in JavaScript, run once at build time. A context made from it
// is ready without running any of it.
//
// The bundle sees one global, `__host = {ops, hooks}`: `ops` holds the native functions, in `hooks`
// it puts the functions that native code calls. `__host` is gone from every context made from the
// snapshot. While a snapshot is made, V8 10.2 has no WebAssembly, SharedArrayBuffer or Atomics, nor
// newer methods such as Array.prototype.at; the contexts made from it have.

#pragma once

#include <v8.h>

#include <span>
#include <string_view>
#include <vector>

#include "runtime/engine/ops.h"

namespace cwrangler::engine {

/// The native functions a snapshot refers to, for V8: null-ended.
std::vector<intptr_t> external_references(std::span<const Op> ops);

/// Runs `bundle` (named `bundle_name` in stack traces) in a new context and returns it as a blob.
/// Throws Error with the JavaScript stack when it fails. Needs a Platform; no Isolate may exist.
std::vector<char> make_startup_snapshot(std::span<const Op> ops, std::string_view bundle,
                                        std::string_view bundle_name);

}  // namespace cwrangler::engine
