// Migrations of a D1 database: numbered files of SQL, and a table of those that were applied.
// https://developers.cloudflare.com/d1/reference/migrations/

#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/local/d1_databases.h"

namespace cwrangler::cli {

/// Makes the next file, `NNNN_message.sql`. Returns its path.
std::filesystem::path create_migration(const LocalDatabase& database, const std::string& message,
                                       std::chrono::system_clock::time_point now);

/// The names of the files, in their order. Throws Error when there is no folder.
std::vector<std::string> migration_files(const LocalDatabase& database);

/// The files that have not been applied, in their order. Throws Error when there is no folder.
std::vector<std::string> unapplied_migrations(const LocalDatabase& database,
                                              storage::D1Database& open);

/// Runs a file and notes it as applied: both, or nothing and an Error. Returns how many statements
/// it has.
int apply_migration(const LocalDatabase& database, storage::D1Database& open,
                    const std::string& name);

}  // namespace cwrangler::cli
