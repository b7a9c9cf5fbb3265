// What the sub-commands of `r2` share.

#pragma once

#include <filesystem>
#include <string>

#include "cli/command/commands.h"
#include "cli/local/resource_location.h"
#include "storage/r2_bucket.h"

namespace cwrangler::cli {

/// The project's configuration and its folder of local state.
struct R2Project {
  R2Project(const LocationFlags& flags, const CommandContext& context);

  Config config;
  std::filesystem::path state;
};

/// Throws Error for what R2 takes for no bucket's name.
void check_bucket_name(const std::string& name);

/// Adds `object` to the command `r2`.
void add_r2_object_command(CLI::App& r2, CommandContext& context);

}  // namespace cwrangler::cli
