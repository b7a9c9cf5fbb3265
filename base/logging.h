// The debug log of both programs: what they decided and why, on standard error. Off unless
// CWRANGLER_LOG asks for it; what users are meant to read goes through the terminal instead.
//
// Written with spdlog's functions: spdlog::debug("text {}", value). Never secrets, nor the values
// of environment variables.

#pragma once

#include <string>

namespace cwrangler {

/// Reads CWRANGLER_LOG: trace, debug, info, warn, error or off (the default). `program` names the
/// lines. Call once, in main.
void start_logging(const std::string& program);

}  // namespace cwrangler
