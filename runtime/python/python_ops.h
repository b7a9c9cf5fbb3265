// Every op of the Python host: the Worker's modules, the built-in assets, the host's file system
// (for `cwrangler-runtime python`).

#pragma once

#include <span>

#include "runtime/engine/ops.h"

namespace cwrangler::python {

std::span<const engine::Op> python_ops();

}  // namespace cwrangler::python
