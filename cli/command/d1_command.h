// What the sub-commands of `d1` share: which database is meant, and where it is.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command/commands.h"
#include "cli/local/d1_databases.h"
#include "cli/local/resource_location.h"

namespace cwrangler::cli {

struct D1Flags {
  std::string name;  ///< of the database, or its binding
  LocationFlags location;
  bool yes = false;
  bool preview = false;
};

/// The flags of the sub-commands besides `migrations`.
struct D1ActionFlags : D1Flags {
  std::string sql;
  std::string file;
  std::string output;
  std::vector<std::string> tables;
  std::string binding;
  std::string bookmark;   ///< of `time-travel restore`
  std::string timestamp;  ///< of `time-travel`: RFC 3339, or since 1970
  bool json = false;
  bool no_schema = false;
  bool no_data = false;
};

class D1Command {
 public:
  /// Reads the configuration. Where there is none, only databases made with `d1 create` are known.
  D1Command(const D1Flags& flags, const CommandContext& context);

  const Config& config() const { return config_; }
  LocalDatabases& databases() { return *databases_; }
  /// The one that the flags name. Throws Error when there is none.
  const LocalDatabase& database() const { return databases_->find(flags_.name); }

  /// The folder of the files, as short as it can be written.
  std::string shown_state() const;
  /// "Resource location: local", and how to choose the other.
  void print_resource_location() const;
  /// The same, and which database is worked on.
  void print_location() const;

 private:
  const D1Flags& flags_;
  const CommandContext& context_;
  Config config_;
  std::filesystem::path state_;
  std::unique_ptr<LocalDatabases> databases_;
};

/// Adds `migrations` to the command `d1`.
void add_d1_migrations_command(CLI::App& d1, CommandContext& context);

}  // namespace cwrangler::cli
