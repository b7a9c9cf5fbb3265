#include "cli/local/state_archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "cli/local/file_archive.h"
#include "cli/local/state_inventory.h"
#include "storage/sqlite.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using storage::Connection;

constexpr const char* kManifest = "cwrangler-state.json";
constexpr size_t kLargestManifest = 64 << 10;
constexpr int kFormat = 1;
const fs::path kRoot = "v3";

/// A folder beside the state, so that files can be moved and linked; removed at the end.
class Staging {
 public:
  explicit Staging(const fs::path& state) {
    std::error_code failed;
    fs::create_directories(state.parent_path(), failed);
    std::string pattern = (state.parent_path() / ".staging.XXXXXX").string();
    if (failed || ::mkdtemp(pattern.data()) == nullptr) throw system_error("creating " + pattern);
    path_ = pattern;
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool is_database(const fs::path& file) {
  return file.extension() == ".sqlite";
}

/// What a copy of a state does not need: parts of databases, locks, values that are being written.
bool is_passing(const fs::path& relative) {
  const std::string name = relative.filename();
  for (const char* suffix : {"-wal", "-shm", "-journal", ".lock"}) {
    if (name.ends_with(suffix)) return true;
  }
  return relative.parent_path().filename() == "pending";
}

/// A database as it is at this moment, page by page.
void copy_database(const fs::path& from, const fs::path& to) {
  Connection source(from);
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(to.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> target(opened, sqlite3_close_v2);
  if (code != SQLITE_OK) {
    throw storage::SqliteError(opened, code).while_doing("writing " + to.string());
  }
  sqlite3_backup* const backup = sqlite3_backup_init(opened, "main", source.handle(), "main");
  const int copied = backup == nullptr ? sqlite3_errcode(opened) : sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (copied != SQLITE_DONE) {
    throw storage::SqliteError(nullptr, copied).while_doing("copying " + from.string());
  }
}

/// Values are never changed, so a second name is a copy.
void copy_value(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (!failed) return;
  std::error_code gone;
  if (!fs::exists(from, gone)) return;  // removed meanwhile: no row had it
  fs::copy_file(from, to, failed);
  if (failed) throw Error(failed.message()).while_doing("copying " + from.string());
}

/// Files of a folder, relative to the state.
std::vector<fs::path> files_below(const fs::path& state, const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(state / folder, failed)) {
    std::error_code gone;
    const fs::path relative = entry.path().lexically_relative(state);
    if (entry.is_symlink(gone) || !entry.is_regular_file(gone) || is_passing(relative)) continue;
    found.push_back(relative);
  }
  if (failed) throw Error(failed.message()).while_doing("reading " + (state / folder).string());
  return found;
}

/// One kind: its databases, and the values that go with them.
void stage_kind(const fs::path& state, const fs::path& kind, const fs::path& staging) {
  std::vector<fs::path> files = files_below(state, kind);
  // While a store's rows and values are taken nobody may change the rows: what a row names is
  // removed only after the row. Databases without values need no such thing.
  const bool has_values = std::any_of(files.begin(), files.end(),
                                      [](const fs::path& file) { return !is_database(file); });
  struct Lock {
    explicit Lock(const fs::path& file) : connection(file), transaction(connection) {}
    Connection connection;
    storage::Transaction transaction;
  };
  std::vector<std::unique_ptr<Lock>> locks;
  if (has_values) {
    for (const fs::path& file : files) {
      if (is_database(file)) locks.push_back(std::make_unique<Lock>(state / file));
    }
    files = files_below(state, kind);
  }
  for (const fs::path& file : files) {
    const fs::path target = staging / file;
    fs::create_directories(target.parent_path());
    if (is_database(file)) {
      copy_database(state / file, target);
    } else {
      copy_value(state / file, target);
    }
  }
}

void check_manifest(const std::string& text) {
  const nlohmann::json manifest = nlohmann::json::parse(text, nullptr, false);
  const auto format = manifest.is_object() ? manifest.find("format") : manifest.end();
  if (!manifest.is_object() || format == manifest.end() || !format->is_number_integer()) {
    throw Error("the archive holds no local state");
  }
  if (*format != kFormat) {
    throw Error("the archive is of format " + format->dump() + ", and this version reads format " +
                std::to_string(kFormat))
        .hint("A newer cwrangler reads it.");
  }
}

void check_database(const fs::path& file, const fs::path& shown) {
  std::string found;
  try {
    Connection connection(file);
    storage::Statement check = connection.prepare("PRAGMA quick_check(1)");
    found = check.step() ? check.text(0) : "no answer";
  } catch (const Error& error) {
    found = error.problem();
  }
  if (found != "ok") throw Error("the database " + shown.string() + " is damaged: " + found);
}

/// Everything is on disk.
void flush(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::syncfs(opened.get()) != 0) {
    throw system_error("flushing " + folder.string());
  }
}

/// `staged` becomes `state`, whose old content is in `staged` then.
void exchange(const fs::path& staged, const fs::path& state) {
  std::error_code none;
  const bool replaces = fs::exists(state, none);
  const int done =
      replaces ? ::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, state.c_str(), RENAME_EXCHANGE)
               : ::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, state.c_str(), RENAME_NOREPLACE);
  if (done != 0) throw system_error("putting the new state in the place of " + state.string());
}

}  // namespace

bool has_state(const fs::path& state) {
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(state, none)) {
    if (entry.is_regular_file(none)) return true;
  }
  return false;
}

StateTransfer export_state(const fs::path& state, const fs::path& archive,
                           const std::string& created) {
  ArchiveWriter writer(archive);
  const Staging staging(state);
  std::error_code failed;
  for (const auto& kind : fs::directory_iterator(state, failed)) {
    if (kind.is_directory()) stage_kind(state, kind.path().filename(), staging.path());
  }
  writer.add_text(kManifest, nlohmann::json({{"format", kFormat}, {"created", created}}).dump(2));
  StateTransfer transfer;
  std::vector<fs::path> files = files_below(staging.path(), "");
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    writer.add_file((kRoot / file).string(), staging.path() / file);
    ++transfer.files;
    transfer.bytes += static_cast<int64_t>(fs::file_size(staging.path() / file));
  }
  writer.finish();
  return transfer;
}

StateTransfer import_state(const fs::path& archive, const fs::path& state) {
  ArchiveReader reader(archive);
  if (!reader.next() || reader.name() != kManifest) {
    throw Error("the archive holds no local state")
        .while_doing("reading " + archive.string())
        .hint("Archives that `cwrangler state export` has written are what can be read.");
  }
  StateTransfer transfer;
  std::optional<Staging> staging;
  try {
    check_manifest(reader.text(kLargestManifest));
    staging.emplace(state);
    while (reader.next()) {
      const fs::path name = reader.name();
      const fs::path relative = name.lexically_relative(kRoot);
      // At least a kind's folder and a file in it.
      if (*name.begin() != kRoot || std::distance(relative.begin(), relative.end()) < 2 ||
          is_passing(relative)) {
        throw Error("\"" + name.string() + "\" is no file of local state");
      }
      const fs::path target = staging->path() / relative;
      reader.extract(target);
      ++transfer.files;
      transfer.bytes += static_cast<int64_t>(fs::file_size(target));
      if (is_database(target)) check_database(target, relative);
    }
  } catch (Error& error) {
    error.while_doing("importing " + archive.string());
    throw;
  }
  fs::permissions(staging->path(), fs::perms(0755));
  flush(staging->path());
  require_unused(state, {""});
  exchange(staging->path(), state);
  return transfer;
}

}  // namespace cwrangler::cli
