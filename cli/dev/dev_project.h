// A project as a dev session sees it: what to load, what to watch, what to print.

#pragma once

#include <filesystem>
#include <functional>
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
  /// It has schedules, which nothing follows during a dev session, and how to run them was not
  /// asked.
  bool has_crons = false;
};

/// What the command line says in place of the configuration; empty: the configuration's.
struct DevOverrides {
  std::filesystem::path persist_to;  ///< folder of local state, absolute; else `.wrangler/state`
  std::string host;                  ///< of `request.url`; else `dev.host`, else the first route's
  std::string upstream_protocol;     ///< of `request.url`; else `dev.upstream_protocol`
  bool test_scheduled = false;       ///< whether there is `/__scheduled`
  bool live_reload = false;          ///< whether HTML pages follow the code
  /// How bindings of the account reach it; asked when there is one. Empty: such bindings are local,
  /// or not available where there is nothing local in their place.
  std::function<nlohmann::json(const Config&)> account;
};

/// Throws Error for a host in the configuration that is none.
DevProject dev_project(const Project& project, const DevOverrides& overrides);

}  // namespace cwrangler::cli
