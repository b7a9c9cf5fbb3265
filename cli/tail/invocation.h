// One invocation of a Worker as a tail sends it (trace-v1), for a person to read.

#pragma once

#include "cli/api/envelope.h"
#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// What has called the Worker and how that ended, its logs, and, as errors, its exceptions: in
/// wrangler's words. Times are local. Takes what is missing or of another type for unknown.
void print_invocation(const ApiJson& invocation, Terminal& terminal);

}  // namespace cwrangler::cli
