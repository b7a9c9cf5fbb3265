// A project as a dev session sees it: what to load, what to watch, what to print.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/worker_config.h"
#include "cli/dev/watcher.h"
#include "cli/packages/sync.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

struct DevProject {
  WorkerConfig worker;
  WatchTargets targets;
  SyncRequest sync;
  std::vector<std::string> summary;  ///< the files of secrets, and the table of bindings
  std::vector<std::string> warnings;
  bool has_crons = false;  ///< it has schedules, which nothing follows during a dev session
};

/// `persist_to`: the folder of local state (absolute); empty: `.wrangler/state` beside the
/// configuration.
DevProject dev_project(const Project& project, const std::filesystem::path& persist_to);

}  // namespace cwrangler::cli
