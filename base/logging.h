// The debug log of both programs: what they decided and why, on standard error. Off unless
// CWRANGLER_LOG asks for it; what users are meant to read goes through the terminal instead.
//
// Written with spdlog's functions: spdlog::debug("text {}", value). Never secrets, nor the values
// of environment variables.

#pragma once

#include <string>
#include <string_view>

namespace cwrangler {

/// Reads CWRANGLER_LOG: trace, debug, info, warn, error or off (the default; debug where
/// WRANGLER_LOG is that), and WRANGLER_LOG_PATH: a file, or a folder for one, that everything from
/// debug on is added to (mode 0600). `program` names the lines. Call once, in main. Throws Error
/// when the file cannot be written.
void start_logging(const std::string& program);

bool has_log_file();

/// Adds what a person is told to the log file, if there is one.
void write_to_log_file(std::string_view text);

}  // namespace cwrangler
