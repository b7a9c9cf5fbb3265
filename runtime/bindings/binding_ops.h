// The ops of all bindings.

#pragma once

#include <span>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"

namespace cwrangler::bindings {

std::span<const engine::Op> binding_ops();

/// Gives a new isolate what the ops need; before any of them is called.
void install_bindings(engine::Isolate& isolate);

/// The Worker gets no more batches of its queues; those that it is handling it may finish. On the
/// isolate's thread.
void stop_consuming(engine::Isolate& isolate);

}  // namespace cwrangler::bindings
