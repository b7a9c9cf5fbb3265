#include "cli/local/state_inventory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "base/descriptor.h"
#include "base/error.h"
#include "cli/local/d1_databases.h"
#include "storage/sqlite.h"
#include "storage/state_layout.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// A kind of which each resource has one database, and some a folder.
struct DatabaseKind {
  const char* kind;
  const char* type;      ///< of its bindings
  const char* property;  ///< of a binding: the resource's id
  const char* folder;    ///< of the databases
  fs::path (*file)(const fs::path& state, std::string_view id);
  const char* count;  ///< SQL
  const char* unit;
};

/// A folder of values lies beside the databases' folder, and is named after the resource.
const DatabaseKind kWithValues[] = {
    {"kv", "kv_namespace", "namespace_id", "miniflare-KVNamespaceObject", &storage::kv_file,
     "SELECT count(*) FROM _mf_entries", "keys"},
    {"r2", "r2_bucket", "bucket_name", "miniflare-R2BucketObject", &storage::r2_file,
     "SELECT count(*) FROM _mf_objects", "objects"},
    {"cache", "", "", "miniflare-CacheObject", &storage::cache_file,
     "SELECT count(*) FROM _mf_entries", "entries"},
};

constexpr const char* kTables =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
    "'\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'";

std::optional<int64_t> count_rows(const fs::path& file, const std::string& sql) {
  try {
    storage::Connection connection(file);
    storage::Statement count = connection.prepare(sql);
    if (!count.step()) return std::nullopt;
    return count.integer(0);
  } catch (const Error&) {
    return std::nullopt;  // somebody else's file, or a damaged one
  }
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    text += c;
    if (c == '"') text += c;
  }
  return text + "\"";
}

int64_t size_of(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    int64_t bytes = 0;
    for (const char* suffix : {"", "-wal"}) {
      const auto size = fs::file_size(path.string() + suffix, failed);
      if (!failed) bytes += static_cast<int64_t>(size);
    }
    return bytes;
  }
  int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, failed)) {
    std::error_code gone;
    if (!entry.is_regular_file(gone)) continue;
    const auto size = entry.file_size(gone);
    if (!gone) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

bool is_database(const fs::path& path) {
  return path.extension() == ".sqlite" && path.stem() != "metadata";
}

class Inventory {
 public:
  Inventory(const Config& config, const fs::path& state) : config_(config), state_(state) {}

  std::vector<StateResource> take() {
    for (const DatabaseKind& kind : kWithValues) add_with_values(kind);
    add_d1();
    add_files("analytics", "analytics_engine", "dataset", "points");
    add_files("vectorize", "vectorize", "index_name", "vectors");
    add_email();
    add_queues();
    add_others();
    for (StateResource& resource : resources_) {
      for (const fs::path& file : resource.files) resource.bytes += size_of(state_ / file);
    }
    std::sort(resources_.begin(), resources_.end(),
              [](const auto& a, const auto& b) { return a.id() < b.id(); });
    return std::move(resources_);
  }

 private:
  /// By id: the names of the bindings that lead there.
  std::map<std::string, std::string> bindings(std::string_view type, const char* property) const {
    std::map<std::string, std::string> found;
    for (const ConfiguredBinding& binding : config_.bindings) {
      if (binding.binding.type != type) continue;
      const std::string& name = binding.binding.name;
      std::string& names = found[binding.local.value(property, name)];
      names += (names.empty() ? "" : ", ") + name;
    }
    return found;
  }

  StateResource& add(std::string kind, std::string name, const fs::path& file) {
    StateResource resource;
    resource.kind = std::move(kind);
    resource.name = std::move(name);
    resource.files.push_back(file.lexically_relative(state_));
    seen_.insert(file);
    resources_.push_back(std::move(resource));
    return resources_.back();
  }

  void add_with_values(const DatabaseKind& kind) {
    std::map<std::string, std::string> ids = bindings(kind.type, kind.property);
    for (const fs::path& folder : entries_of(state_ / kind.kind)) {
      if (fs::is_directory(folder / "blobs")) ids.try_emplace(folder.filename());
    }
    // In a folder's name a colon is "_" (storage/state_layout.h).
    if (std::string_view(kind.kind) == "cache") {
      for (const auto& [id, binding] : std::map(ids)) {
        if (id.starts_with("named_")) ids.try_emplace("named:" + id.substr(6));
      }
    }
    for (const auto& [id, binding] : ids) {
      const fs::path file = kind.file(state_, id);
      if (!fs::exists(file)) continue;
      StateResource& resource = add(kind.kind, id, file);
      resource.binding = binding;
      resource.count = count_rows(file, kind.count);
      resource.unit = kind.unit;
      const fs::path values = value_folder(kind, id);
      if (fs::exists(values)) resource.files.push_back(values.lexically_relative(state_));
    }
    for (const fs::path& file : entries_of(state_ / kind.kind / kind.folder)) {
      if (!is_database(file) || seen_.contains(file)) continue;
      StateResource& resource = add(kind.kind, file.stem(), file);
      resource.count = count_rows(file, kind.count);
      resource.unit = kind.unit;
    }
  }

  fs::path value_folder(const DatabaseKind& kind, const std::string& id) const {
    if (std::string_view(kind.kind) == "kv") return storage::kv_blobs(state_, id).parent_path();
    if (std::string_view(kind.kind) == "r2") return storage::r2_folder(state_, id);
    return storage::cache_folder(state_, id);
  }

  void add_d1() {
    const LocalDatabases databases(config_, state_);
    for (const LocalDatabase& database : databases.all()) {
      if (!fs::exists(database.file) || seen_.contains(database.file)) continue;
      StateResource& resource = add("d1", database.name, database.file);
      resource.binding = database.binding;
      resource.count = count_rows(database.file, kTables);
      resource.unit = "tables";
    }
    for (const fs::path& file : entries_of(state_ / "d1" / "miniflare-D1DatabaseObject")) {
      if (!is_database(file) || seen_.contains(file)) continue;
      StateResource& resource = add("d1", file.stem(), file);
      resource.count = count_rows(file, kTables);
      resource.unit = "tables";
    }
  }

  /// Kinds with a file for each resource, which is named after it.
  void add_files(const std::string& kind, std::string_view type, const char* property,
                 const std::string& unit) {
    const std::map<std::string, std::string> bound = bindings(type, property);
    for (const fs::path& file : entries_of(state_ / kind)) {
      if (!is_database(file)) continue;
      const std::string name = file.stem();
      StateResource& resource = add(kind, name, file);
      if (const auto found = bound.find(name); found != bound.end()) {
        resource.binding = found->second;
      }
      const std::string table = kind == "analytics" ? quoted(name) : unit;
      resource.count = count_rows(file, "SELECT count(*) FROM " + table);
      resource.unit = unit;
    }
  }

  void add_email() {
    for (const fs::path& folder : entries_of(state_ / "email")) {
      if (!fs::is_directory(folder)) continue;
      StateResource& resource = add("email", folder.filename(), folder);
      resource.binding = resource.name;
      resource.count = static_cast<int64_t>(entries_of(folder).size());
      resource.unit = "messages";
    }
  }

  void add_queues() {
    const fs::path file = storage::queues_file(state_);
    if (!fs::exists(file)) return;
    StateResource& resource = add("queues", "all", file);
    resource.count = count_rows(file, "SELECT count(*) FROM messages");
    resource.unit = "messages";
  }

  /// What wrangler keeps beside: Durable Objects, Workflows, …: a folder for each.
  void add_others() {
    const std::set<std::string> known{"kv",        "r2",        "cache", "d1",
                                      "analytics", "vectorize", "email", "queues"};
    for (const fs::path& kind : entries_of(state_)) {
      if (!fs::is_directory(kind) || known.contains(kind.filename())) continue;
      for (const fs::path& folder : entries_of(kind)) {
        if (!fs::is_directory(folder)) continue;
        StateResource& resource = add(kind.filename(), folder.filename(), folder);
        const std::vector<fs::path> files = entries_of(folder);
        resource.count = std::count_if(files.begin(), files.end(), &is_database);
        resource.unit = "databases";
      }
    }
  }

  const Config& config_;
  const fs::path& state_;
  std::vector<StateResource> resources_;
  std::set<fs::path> seen_;
};

/// The process that holds a lock of SQLite on the file, if any but this one.
std::optional<int> user_of(const fs::path& file) {
  // https://sqlite.org/lockingv3.html: the pending byte, the reserved one, and 510 shared ones.
  constexpr off_t kFirstLockByte = 0x40000000;
  constexpr off_t kLockBytes = 512;
  const Descriptor opened(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!opened.valid()) return std::nullopt;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kFirstLockByte;
  lock.l_len = kLockBytes;
  if (::fcntl(opened.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return static_cast<int>(lock.l_pid);
}

}  // namespace

std::vector<StateResource> state_inventory(const Config& config, const fs::path& state) {
  return Inventory(config, state).take();
}

std::vector<int> state_users(const fs::path& state, const std::vector<fs::path>& files) {
  std::set<int> users;
  const auto ask = [&users](const fs::path& file) {
    if (file.extension() != ".sqlite") return;
    if (const std::optional<int> user = user_of(file)) users.insert(*user);
  };
  for (const fs::path& file : files) {
    std::error_code none;
    const fs::path path = state / file;
    if (!fs::is_directory(path, none)) {
      ask(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path, none)) ask(entry.path());
  }
  return {users.begin(), users.end()};
}

void require_unused(const fs::path& state, const std::vector<fs::path>& files) {
  const std::vector<int> users = state_users(state, files);
  if (users.empty()) return;
  std::string list;
  for (const int user : users) list += (list.empty() ? "" : ", ") + std::to_string(user);
  throw Error("local state is in use by process " + list)
      .hint("Stop `cwrangler dev` (or wrangler's), then try again.");
}

void remove_resource(const fs::path& state, const StateResource& resource) {
  for (const fs::path& file : resource.files) {
    const fs::path path = state / file;
    std::error_code failed;
    if (fs::is_directory(path)) {
      fs::remove_all(path, failed);
    } else {
      for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(path.string() + suffix, failed);
        if (failed) break;
      }
    }
    if (failed) throw Error(failed.message()).while_doing("removing " + path.string());
  }
}

}  // namespace cwrangler::cli
