// How a dev session words what the runtime reports: wrangler's lines, which scripts and eyes know.

#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "base/worker_config.h"
#include "cli/dev/output.h"

namespace cwrangler::cli {

/// `[wrangler:info] GET /path 200 OK (12ms)`, coloured by the class of the status. Fields that are
/// missing or of another type are left out.
std::string request_line(const nlohmann::json& message, bool color);

/// `[wrangler:info] QUEUE my-queue 1/1 (2ms)`: how many messages of a batch were acknowledged,
/// coloured by whether all were, or some.
std::string queue_line(const nlohmann::json& message, bool color);

/// Where the files are that a Worker was loaded from.
struct SourceFiles {
  std::span<const Module> modules;
  std::filesystem::path directory;  ///< of the project, absolute
};

/// `[wrangler:error] …` with the traceback whole. Its lines name the project's own files as they
/// are seen from the project's folder; other files, such as Python's, keep the names that the
/// Worker knows them by.
std::string exception_lines(const nlohmann::json& message, bool color, const SourceFiles& files);

/// That nothing follows the Worker's schedules, and what to run in their place. `url`: of the
/// session.
std::string crons_warning(const std::string& url);

/// Writes a console message: plain on standard output, warnings and errors as blocks on standard
/// error.
void write_console(const nlohmann::json& message, Output& output);

/// A string field of a message; empty when it is missing or something else.
std::string text_field(const nlohmann::json& message, const char* name);

}  // namespace cwrangler::cli
