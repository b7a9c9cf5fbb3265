// `cwrangler-runtime snapshot`: starts a Worker for nothing but its memory snapshot, and reports.

#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/worker_config.h"

namespace cwrangler {

namespace engine {
class Platform;
struct StartupSnapshot;
}  // namespace engine

struct SnapshotCommand {
  std::string config;            ///< file of the Worker's configuration, - for stdin
  bool check = false;            ///< make it without keeping it, and find out what prevents it
  std::filesystem::path folder;  ///< where snapshots are kept; empty: nowhere
};

/// Starts the Worker as if there were no snapshot of it; when its snapshot is kept, starts it once
/// more from there. Returns what docs/snapshots.md calls the runtime's report. Throws Error for a
/// configuration that cannot be read, or when it should be kept and there is no folder.
nlohmann::json make_worker_snapshot(engine::Platform& platform,
                                    const engine::StartupSnapshot& startup,
                                    const SnapshotCommand& command);

}  // namespace cwrangler
