// What is built into the runtime: the native functions that the built-in JavaScript may call, and
// the startup snapshot made from that JavaScript at build time (platform.js is its entry).

#pragma once

#include <span>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"

namespace cwrangler {

/// The op tables of all folders, joined. A folder adds its table in builtin_ops.cc.
std::span<const engine::Op> builtin_ops();

/// The snapshot that is part of this executable.
const engine::StartupSnapshot& builtin_snapshot();

}  // namespace cwrangler
