// Whether a command works on this machine or in the account, and where local state is.

#pragma once

#include <filesystem>
#include <string>

#include "cli/config/config.h"

namespace CLI {
class App;
}

namespace cwrangler::cli {

/// The flags of every command that works on data.
struct LocationFlags {
  bool local = false;
  bool remote = false;
  std::string persist_to;  ///< relative to the working directory; empty: beside the configuration
};

/// Adds --local, --remote and --persist-to.
void add_location_flags(CLI::App& command, LocationFlags& flags);

/// What a command means when neither flag is given.
enum class DefaultLocation { local, remote };

/// Whether the flags mean the account.
bool is_remote(const LocationFlags& flags, DefaultLocation otherwise);

/// The project's configuration; where there is none, one without resources for the working
/// directory. Throws Error when there is one that is wrong.
Config load_config_or_none(const ConfigRequest& request);

/// The folder v3 of local state; `directory`: the working directory.
std::filesystem::path state_directory(const LocationFlags& flags, const Config& config,
                                      const std::filesystem::path& directory);

}  // namespace cwrangler::cli
