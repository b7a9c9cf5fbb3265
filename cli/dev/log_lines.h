// How a dev session words what the runtime reports: wrangler's lines, which scripts and eyes know.

#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/dev/output.h"

namespace cwrangler::cli {

/// `[wrangler:info] GET /path 200 OK (12ms)`, coloured by the class of the status. Fields that are
/// missing or of another type are left out.
std::string request_line(const nlohmann::json& message, bool color);

/// `[wrangler:error] …` with the traceback whole.
std::string exception_lines(const nlohmann::json& message, bool color);

/// Writes a console message: plain on standard output, warnings and errors as blocks on standard
/// error.
void write_console(const nlohmann::json& message, Output& output);

/// A string field of a message; empty when it is missing or something else.
std::string text_field(const nlohmann::json& message, const char* name);

}  // namespace cwrangler::cli
