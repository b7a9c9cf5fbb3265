// The D1 databases that a project has on this machine: those of its configuration, and those made
// with `d1 create --local`, which are listed in `d1/databases.json` of the local state.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "storage/d1_database.h"

namespace cwrangler::cli {

struct LocalDatabase {
  std::string name;
  std::string id;          ///< what its file is named after
  std::string binding;     ///< empty: none in the configuration
  std::string created_at;  ///< ISO 8601; empty: not known
  std::filesystem::path file;

  /// The configuration's, with defaults.
  std::filesystem::path migrations_directory;
  std::string migrations_table;
};

class LocalDatabases {
 public:
  /// `state`: the folder v3. A database with a preview id is that one, as in local runs.
  LocalDatabases(const Config& config, std::filesystem::path state);

  const std::vector<LocalDatabase>& all() const { return databases_; }

  /// By name, binding or id. Throws Error that says what there is.
  const LocalDatabase& find(const std::string& name) const;

  /// Makes a new one and its file. Throws Error when the name is taken.
  const LocalDatabase& create(const std::string& name, const std::string& created_at);

  /// Removes the file. The configuration is the user's.
  void remove(const LocalDatabase& database);

 private:
  std::filesystem::path list_file() const;
  void read_list();
  void write_list() const;

  const Config& config_;
  const std::filesystem::path state_;
  std::vector<LocalDatabase> databases_;
};

}  // namespace cwrangler::cli
