// wrangler's flags by which a command line has the last word on a Worker's configuration, and those
// that tell a JavaScript bundler what to do, which scripts pass though there is none here.

#pragma once

#include <string>
#include <vector>

#include "cli/command/commands.h"
#include "cli/config/config.h"

namespace cwrangler::cli {

struct WorkerFlags {
  std::string script;
  std::string name;
  std::string compatibility_date;
  std::vector<std::string> compatibility_flags;
  bool latest = false;
  std::string assets;
  std::vector<std::string> routes;
};

/// Adds them, the entry point as a positional argument called `positional`. `flags` must live as
/// long as the command.
void add_worker_flags(CLI::App& command, WorkerFlags& flags, const std::string& positional);

/// What they say; paths are relative to the command's directory. Throws Error (usage) for a date
/// that is none.
ConfigOverrides config_overrides(const WorkerFlags& flags, const CommandContext& context);

/// For what a bundler would do. Python is not bundled: nothing comes of them.
struct BundlerFlags {
  std::vector<std::string> values;  ///< of --define, --alias and the like
  bool minify = false;
  bool source_maps = false;
  bool no_bundle = true;
};

/// Accepts them. `flags` must live as long as the command.
void add_bundler_flags(CLI::App& command, BundlerFlags& flags);

/// Says which of those that were given have no effect.
void warn_of_bundler_flags(const CLI::App& command, const BundlerFlags& flags, Terminal& terminal);

}  // namespace cwrangler::cli
