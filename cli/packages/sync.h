// `sync`: the packages a project depends on, resolved for the Python of a Worker, in
// python_modules/ beside the configuration file, with the exact versions in pylock.toml.
//
// python_modules/ is made anew in a folder of its own and put in place by one rename: whatever goes
// wrong, and whenever the program is killed, the previous one stays whole.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/packages/pylock.h"
#include "cli/packages/uv_project.h"
#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

struct SyncRequest {
  std::filesystem::path project;  ///< absolute: the folder of the Worker's configuration file
  std::string python_version;     ///< "3.12", "3.13" or "3.14"
  bool force = false;             ///< install although nothing has changed
  bool upgrade = false;           ///< newest versions instead of those in pylock.toml
  bool offline = false;           ///< only what uv has in its cache
  bool frozen = false;            ///< fail where pylock.toml would change
  bool allow_build = false;       ///< every package may be built by this machine's Python
  bool lock_only = false;         ///< pylock.toml and nothing else
  bool verbose = false;           ///< print what uv is asked and what it says
  IndexOptions indexes;
};

enum class SyncOutcome {
  no_dependencies,
  removed,  ///< python_modules, of a project that depends on no packages any more
  up_to_date,
  locked,  ///< only pylock.toml was made
  installed,
  built_in,  ///< only the SDK is asked for, no index can be reached, and cwrangler brings a copy
};

/// What a sync did.
struct SyncReport {
  SyncOutcome outcome = SyncOutcome::up_to_date;
  std::vector<LockedPackage> packages;  ///< of the lock; empty when nothing was done
  std::vector<std::string> built;       ///< names of those that came from their source
  std::vector<std::string> left_out;    ///< names of compiled packages that are done without
  double seconds = 0;
};

/// "installed", "up-to-date": for --json.
std::string_view outcome_name(SyncOutcome outcome);

/// Whether sync_packages would have something to do. Reads a few small files and starts nothing.
/// Throws as read_dependencies does.
bool sync_needed(const SyncRequest& request);

/// A text that changes with what sync_needed looks at: equal texts mean that a sync which failed
/// would fail again, unless the reason was outside the project.
std::string sync_inputs(const SyncRequest& request);

/// Brings python_modules/ in line with the project's dependencies. Warnings and progress go to the
/// terminal's standard error; what was done is the result. Two at a time in one project wait for
/// each other, and the one that waits says so. Throws Error naming the package, who requires it,
/// why it cannot be had and what to do.
SyncReport sync_packages(const SyncRequest& request, Terminal& terminal);

}  // namespace cwrangler::cli
