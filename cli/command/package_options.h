// The flags that `sync`, `add`, `remove` and `lock` share, and how they report.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command/commands.h"
#include "cli/packages/sync.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

struct PackageOptions {
  bool upgrade = false;
  bool allow_build = false;
  bool offline = false;
  bool frozen = false;
  bool verbose = false;
  bool json = false;
  std::string python;
  std::vector<std::string> indexes;
  std::string default_index;
};

/// Adds the flags to a sub-command. `options` must live as long as the command.
void add_package_options(CLI::App& command, PackageOptions& options);

/// The project whose configuration the global flags name, without its code.
Project package_project(const PackageOptions& options, const CommandContext& context);

/// The request that the flags make for a project.
SyncRequest sync_request(const PackageOptions& options, const Project& project);

/// Prints what a sync did: a line for a person, or one JSON object with --json.
void print_report(const SyncReport& report, const SyncRequest& request, bool json,
                  Terminal& terminal);

}  // namespace cwrangler::cli
