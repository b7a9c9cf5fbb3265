// What to add to the configuration for a resource that was just created.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/config/config.h"

namespace cwrangler::cli {

/// One table of the list `key` with these values, in the format of the project's file: TOML for
/// wrangler.toml, else JSON.
std::string config_snippet(const Config& config, const std::string& key,
                           const std::vector<std::pair<std::string, std::string>>& values);

/// A name as a binding can have it: letters, digits and `_`.
std::string binding_name(std::string name);

}  // namespace cwrangler::cli
