// Whether the Worker starts: its top level is run by the runtime, as a deployment would.

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

#include "cli/check/problem.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

struct StartupReport {
  std::optional<std::chrono::milliseconds> time;  ///< nothing: it did not start
  std::vector<Problem> problems;
};

/// Runs `runtime` (the program cwrangler-runtime) with the Worker until it has loaded it or failed,
/// `patience` at most. The Worker serves nobody. Throws Error when the program cannot be started.
StartupReport check_startup(const Project& project, const std::filesystem::path& runtime,
                            std::chrono::milliseconds patience);

/// The problem that a top level has raised. `failure`: the fields `message` and `stack` as of the
/// runtime's message `load_failed`.
Problem startup_failure(const nlohmann::json& failure, const Project& project);

}  // namespace cwrangler::cli
