#include "cli/local/d1_migrations.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <set>

#include "base/files.h"
#include "cli/config/utc_time.h"
#include "storage/d1_script.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> migration_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".sql") {
      names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

}  // namespace

fs::path create_migration(const LocalDatabase& database, const std::string& message,
                          std::chrono::system_clock::time_point now) {
  const fs::path& folder = database.migrations_directory;
  fs::create_directories(folder);
  int last = 0;
  for (const std::string& name : migration_files(folder)) {
    const size_t digits = std::min(name.find_first_not_of("0123456789"), size_t{9});
    if (digits > 0) last = std::max(last, std::stoi(name.substr(0, digits)));
  }
  std::string words = message;
  for (char& c : words) {
    if (std::isspace(static_cast<unsigned char>(c)) || c == '/') c = '_';
  }
  char number[16];
  std::snprintf(number, sizeof number, "%04d", last + 1);
  const fs::path file = folder / (std::string(number) + "_" + words + ".sql");
  write_file_atomically(
      file, "-- Migration number: " + std::string(number) + " \t " + utc_time(now) + "\n");
  return file;
}

std::vector<std::string> migration_files(const LocalDatabase& database) {
  std::error_code failed;
  if (!fs::is_directory(database.migrations_directory, failed)) {
    throw Error("No migrations present at " + database.migrations_directory.string() + ".")
        .hint("`cwrangler d1 migrations create " + database.name + " MESSAGE` makes the first.");
  }
  return migration_files(database.migrations_directory);
}

std::vector<std::string> unapplied_migrations(const LocalDatabase& database,
                                              storage::D1Database& open) {
  std::vector<std::string> names = migration_files(database);
  const std::string table = quoted(database.migrations_table);
  open.run(
      {{"CREATE TABLE IF NOT EXISTS " + table +
            "(\n    id         INTEGER PRIMARY KEY AUTOINCREMENT,\n    name       TEXT UNIQUE,\n"
            "    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n)",
        {}}});
  std::set<std::string> applied;
  const auto rows = open.run({{"SELECT name FROM " + table, {}}}).front();
  for (const storage::SqlValue& name : rows.cells) {
    if (const auto* text = std::get_if<std::string>(&name)) applied.insert(*text);
  }
  std::erase_if(names, [&applied](const std::string& name) { return applied.count(name) > 0; });
  return names;
}

int apply_migration(const LocalDatabase& database, storage::D1Database& open,
                    const std::string& name) {
  const fs::path path = database.migrations_directory / name;
  std::ifstream text(path, std::ios::binary);
  if (!text) throw system_error("reading " + path.string());
  try {
    storage::D1Script script(open);
    const int statements = script.run(text, [](const storage::D1Result&) {});
    script.run_one(
        {"INSERT INTO " + quoted(database.migrations_table) + " (name) VALUES (?)", {name}});
    script.commit();
    return statements + 1;
  } catch (Error& error) {
    throw Error("Migration " + name + " failed with the following errors:\n" + error.problem())
        .hint("Nothing of it was applied. Mend " + path.string() + " and try again.");
  }
}

}  // namespace cwrangler::cli
