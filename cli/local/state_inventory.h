// What is kept in local state, by kind and resource.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/config.h"

namespace cwrangler::cli {

struct StateResource {
  std::string kind;  ///< the folder: "kv", "d1", "r2", …
  std::string name;  ///< as the configuration has it; else its file's name, where that is a digest
  std::string binding;           ///< empty: none in the configuration
  std::optional<int64_t> count;  ///< of `unit`; nothing for what cannot be read
  std::string unit;              ///< "keys", "tables", "objects", …
  int64_t bytes = 0;             ///< on disk, with what belongs to it
  /// Relative to the state's folder: databases, each with its -wal and -shm, and folders.
  std::vector<std::filesystem::path> files;

  /// "kv/NAME", as the commands take it.
  std::string id() const { return kind + "/" + name; }
};

/// Sorted by kind and name. `state`: the folder v3; it need not exist. Databases are only read.
std::vector<StateResource> state_inventory(const Config& config,
                                           const std::filesystem::path& state);

/// Processes that have a database of these open, but for this one. SQLite's locks tell: a
/// connection holds one as long as it is open (https://sqlite.org/wal.html). This process must have
/// none open.
std::vector<int> state_users(const std::filesystem::path& state,
                             const std::vector<std::filesystem::path>& files);

/// Throws Error that names the processes, if there are any.
void require_unused(const std::filesystem::path& state,
                    const std::vector<std::filesystem::path>& files);

/// Removes them.
void remove_resource(const std::filesystem::path& state, const StateResource& resource);

}  // namespace cwrangler::cli
