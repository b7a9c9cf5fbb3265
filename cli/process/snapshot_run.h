// Having the runtime make a Worker's memory snapshot.

#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/worker_config.h"

namespace cwrangler::cli {

/// The report of `cwrangler-runtime snapshot` (docs/snapshots.md). `runtime`: that program. `keep`:
/// the snapshot is written, into the user's cache. `tick`: see run_captured. Throws Error when the
/// program cannot be started or does not answer.
nlohmann::json run_snapshot(const std::filesystem::path& runtime, const WorkerConfig& worker,
                            bool keep, const std::function<void()>& tick = {});

/// The name of its build, which snapshots are for. Throws Error likewise.
std::string snapshot_build(const std::filesystem::path& runtime);

}  // namespace cwrangler::cli
