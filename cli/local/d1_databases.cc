#include "cli/local/d1_databases.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/uuid.h"
#include "storage/state_layout.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string setting(const ConfiguredBinding& binding, const char* key,
                    const std::string& otherwise = "") {
  const auto found = binding.settings.find(key);
  return found != binding.settings.end() && found->is_string() ? found->get<std::string>()
                                                               : otherwise;
}

}  // namespace

LocalDatabases::LocalDatabases(const Config& config, fs::path state)
    : config_(config), state_(std::move(state)) {
  for (const ConfiguredBinding& binding : config.bindings) {
    if (binding.binding.type != "d1") continue;
    LocalDatabase database;
    database.binding = binding.binding.name;
    database.name = setting(binding, "database_name", database.binding);
    database.id = binding.local.value("id", database.binding);
    database.file = storage::d1_file(state_, database.id);
    database.migrations_directory =
        (config.directory / setting(binding, "migrations_dir", "migrations")).lexically_normal();
    database.migrations_table = setting(binding, "migrations_table", "d1_migrations");
    databases_.push_back(std::move(database));
  }
  read_list();
}

fs::path LocalDatabases::list_file() const {
  return state_ / "d1" / "databases.json";
}

void LocalDatabases::read_list() {
  std::error_code failed;
  if (!fs::exists(list_file(), failed)) return;
  const json list = json::parse(read_file(list_file()), nullptr, false);
  if (!list.is_array()) {
    throw Error("not a list of databases").while_doing("reading " + list_file().string());
  }
  for (const json& entry : list) {
    if (!entry.is_object()) continue;
    const std::string id = entry.value("uuid", "");
    const auto known = std::find_if(databases_.begin(), databases_.end(),
                                    [&id](const LocalDatabase& other) { return other.id == id; });
    if (known != databases_.end()) {
      known->created_at = entry.value("created_at", "");
      continue;
    }
    LocalDatabase database;
    database.name = entry.value("name", "");
    database.id = id;
    database.created_at = entry.value("created_at", "");
    database.file = storage::d1_file(state_, id);
    database.migrations_directory = config_.directory / "migrations";
    database.migrations_table = "d1_migrations";
    databases_.push_back(std::move(database));
  }
}

void LocalDatabases::write_list() const {
  json list = json::array();
  for (const LocalDatabase& database : databases_) {
    if (database.created_at.empty()) continue;
    list.push_back(
        {{"name", database.name}, {"uuid", database.id}, {"created_at", database.created_at}});
  }
  fs::create_directories(list_file().parent_path());
  write_file_atomically(list_file(), list.dump(2) + "\n");
}

const LocalDatabase& LocalDatabases::find(const std::string& name) const {
  for (const LocalDatabase& database : databases_) {
    if (name == database.name || name == database.binding || name == database.id) return database;
  }
  std::string known;
  for (const LocalDatabase& database : databases_) {
    known += (known.empty() ? "" : ", ") + database.name;
  }
  throw Error("Couldn't find a D1 DB with the name or binding '" + name + "' in your " +
              (config_.path.empty() ? "configuration" : config_.path.filename().string()) +
              " file.")
      .hint(known.empty() ? "`cwrangler d1 create " + name + " --local` makes one."
                          : "There is: " + known);
}

const LocalDatabase& LocalDatabases::create(const std::string& name,
                                            const std::string& created_at) {
  for (const LocalDatabase& database : databases_) {
    if (database.name == name) {
      throw Error("A database with the name '" + name + "' already exists");
    }
  }
  LocalDatabase database;
  database.name = name;
  database.id = random_uuid();
  database.created_at = created_at;
  database.file = storage::d1_file(state_, database.id);
  const storage::D1Database made(database.file);
  databases_.push_back(std::move(database));
  write_list();
  return databases_.back();
}

void LocalDatabases::remove(const LocalDatabase& database) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::remove(fs::path(database.file.string() + suffix));
  }
  const std::string id = database.id;
  std::erase_if(databases_, [&id](const LocalDatabase& other) { return other.id == id; });
  write_list();
}

}  // namespace cwrangler::cli
