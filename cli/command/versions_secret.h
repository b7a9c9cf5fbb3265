// The group `cwrangler versions secret …`.

#pragma once

#include "cli/command/commands.h"

namespace cwrangler::cli {

/// Adds it to `versions`.
void add_versions_secret_commands(CLI::App& versions, CommandContext& context);

}  // namespace cwrangler::cli
