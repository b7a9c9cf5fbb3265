// `sync`: the packages a project depends on, resolved for the Python of a Worker, in
// python_modules/ beside the configuration file, with the exact versions in pylock.toml.
//
// python_modules/ is made anew in a folder of its own and put in place by one rename: whatever goes
// wrong, and whenever the program is killed, the previous one stays whole.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

struct SyncRequest {
  std::filesystem::path project;  ///< absolute: the folder of the Worker's configuration file
  std::string python_version;     ///< "3.12", "3.13" or "3.14"
  bool force = false;             ///< install although nothing has changed
  bool upgrade = false;           ///< newest versions instead of those in pylock.toml
  bool verbose = false;           ///< print what uv is asked and what it says
};

enum class SyncOutcome {
  no_dependencies,
  up_to_date,
  installed,
  built_in,  ///< only the SDK is asked for, no index can be reached, and cwrangler brings a copy
};

/// Whether sync_packages would have something to do. Reads a few small files and starts nothing.
/// Throws as read_dependencies does.
bool sync_needed(const SyncRequest& request);

/// A text that changes with what sync_needed looks at: equal texts mean that a sync which failed
/// would fail again, unless the reason was outside the project.
std::string sync_inputs(const SyncRequest& request);

/// Brings python_modules/ in line with the project's dependencies. Says on `terminal` what it did,
/// and nothing when there was nothing to do. Two at a time in one project wait for each other.
/// Throws Error naming the package, who requires it, why it cannot be had and what to do.
SyncOutcome sync_packages(const SyncRequest& request, Terminal& terminal);

}  // namespace cwrangler::cli
