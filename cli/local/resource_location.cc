#include "cli/local/resource_location.h"

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace cwrangler::cli {

void add_location_flags(CLI::App& command, LocationFlags& flags) {
  auto* local = command.add_flag("--local", flags.local, "Work on this machine's data");
  command.add_flag("--remote", flags.remote, "Work on the account's data")->excludes(local);
  command.add_option("--persist-to", flags.persist_to,
                     "Folder of local data (default: .wrangler/state)");
}

bool is_remote(const LocationFlags& flags, DefaultLocation otherwise) {
  return !flags.local && (flags.remote || otherwise == DefaultLocation::remote);
}

Config load_config_or_none(const ConfigRequest& request) {
  if (request.config_file.empty() && find_config_file(request.directory).empty()) {
    Config none;
    none.directory = request.directory;
    return none;
  }
  return load_config(request);
}

std::filesystem::path state_directory(const LocationFlags& flags, const Config& config,
                                      const std::filesystem::path& directory) {
  const std::filesystem::path state = flags.persist_to.empty()
                                          ? config.directory / ".wrangler" / "state"
                                          : (directory / flags.persist_to).lexically_normal();
  return state / "v3";
}

}  // namespace cwrangler::cli
