// V8's continuation data: a value that promise reactions and `await` take along, so that code which
// runs later finds what was set when it was put off.

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::python {

/// `continuationData()` of the code that is running, undefined by default, and
/// `setContinuationData(value)`.
std::span<const engine::Op> async_context_ops();

}  // namespace cwrangler::python
