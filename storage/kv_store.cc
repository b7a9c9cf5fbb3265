#include "storage/kv_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/descriptor.h"
#include "storage/blob_files.h"
#include "storage/entries_schema.h"
#include "storage/state_layout.h"

namespace cwrangler::storage {
namespace {

namespace fs = std::filesystem;

/// Larger values are flushed by themselves: writing them twice costs more than the flush.
constexpr size_t kLargestUnsynced = 64 << 10;
/// A flush of the file system takes a while; this many writes share one.
constexpr size_t kMostUnsynced = 512;
constexpr size_t kMostUnsyncedBytes = 8 << 20;

constexpr const char* kUnsyncedSchema = R"(
CREATE TABLE IF NOT EXISTS _cwrangler_unsynced (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  blob_id TEXT NOT NULL,
  value BLOB NOT NULL
);
)";

Connection open(const fs::path& file) {
  Connection connection(file);
  connection.execute(kEntriesSchema);
  connection.execute(kUnsyncedSchema);
  return connection;
}

void write_whole_file(const fs::path& path, const Blob& bytes, bool flush) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) throw system_error("writing " + path.string());
  try {
    write_all(file.get(), bytes, path);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  if (flush && ::fdatasync(file.get()) != 0) {
    Error error = system_error("flushing " + path.string());
    ::unlink(path.c_str());
    throw error;
  }
}

/// Nothing when there is no such file. Throws for one of more than `most` bytes.
std::optional<Blob> read_whole_file(const fs::path& path, size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw system_error("reading " + path.string());
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error("reading " + path.string());
  const auto size = static_cast<size_t>(status.st_size);
  if (size > most) throw Error("the value is larger than " + std::to_string(most) + " bytes");
  Blob bytes(size);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("reading " + path.string());
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

std::optional<int64_t> optional_integer(const Statement& statement, int column) {
  if (statement.is_null(column)) return std::nullopt;
  return statement.integer(column);
}

std::optional<std::string> optional_text(const Statement& statement, int column) {
  if (statement.is_null(column)) return std::nullopt;
  return statement.text(column);
}

/// The least text that is greater than every text with the prefix; empty when there is none.
std::string after_prefix(std::string_view prefix) {
  std::string bound(prefix);
  while (!bound.empty() && static_cast<unsigned char>(bound.back()) == 0xff) bound.pop_back();
  if (!bound.empty())
    bound.back() = static_cast<char>(static_cast<unsigned char>(bound.back()) + 1);
  return bound;
}

}  // namespace

KvStore::KvStore(const fs::path& state, std::string_view id)
    : blobs_(kv_blobs(state, id)),
      connection_(open(kv_file(state, id))),
      get_(connection_.prepare(
          "SELECT blob_id, expiration, metadata FROM _mf_entries WHERE key = ?1")),
      find_blob_(connection_.prepare("SELECT blob_id FROM _mf_entries WHERE key = ?1")),
      put_(connection_.prepare("INSERT OR REPLACE INTO _mf_entries "
                               "(key, blob_id, expiration, metadata) VALUES (?1, ?2, ?3, ?4)")),
      put_unsynced_(
          connection_.prepare("INSERT INTO _cwrangler_unsynced (blob_id, value) VALUES (?1, ?2)")),
      delete_(connection_.prepare("DELETE FROM _mf_entries WHERE key = ?1")),
      list_(connection_.prepare(
          "SELECT key, expiration, metadata FROM _mf_entries WHERE key > ?1 AND key >= ?2 AND "
          "(?3 = '' OR key < ?3) AND (expiration IS NULL OR expiration > ?4) ORDER BY key LIMIT "
          "?5")),
      has_expired_(
          connection_.prepare("SELECT EXISTS (SELECT 1 FROM _mf_entries WHERE expiration < ?1)")),
      delete_expired_(
          connection_.prepare("DELETE FROM _mf_entries WHERE expiration < ?1 RETURNING blob_id")) {
  std::error_code failed;
  fs::create_directories(blobs_, failed);
  if (failed) throw Error(failed.message()).while_doing("creating " + blobs_.string());
  restore_unsynced();
}

std::optional<KvEntry> KvStore::get(const std::string& key, int64_t now_ms, size_t most) {
  // Twice: another process may replace the value between the look at the row and at the file.
  for (int attempt = 0; attempt < 2; ++attempt) {
    get_.reset();
    get_.bind_text(1, key);
    if (!get_.step()) return std::nullopt;
    const std::string blob_id = get_.text(0);
    KvEntry entry{{key, optional_integer(get_, 1), optional_text(get_, 2)}, {}};
    get_.reset();
    if (entry.key.expiration_ms && *entry.key.expiration_ms <= now_ms) return std::nullopt;
    if (!is_blob_id(blob_id)) throw Error("the entry of the key \"" + key + "\" is damaged");
    if (std::optional<Blob> value = read_whole_file(blobs_ / blob_id, most)) {
      entry.value = std::move(*value);
      return entry;
    }
  }
  return std::nullopt;
}

void KvStore::apply(const std::vector<KvChange>& changes) {
  std::vector<std::string> written(changes.size());
  std::vector<std::string> replaced;
  bool flush_names = false;
  try {
    for (size_t i = 0; i < changes.size(); ++i) {
      if (changes[i].is_deletion) continue;
      written[i] = write_value(changes[i].entry.value);
      flush_names = flush_names || changes[i].entry.value.size() > kLargestUnsynced;
    }
    if (flush_names) flush_folder(blobs_);

    Transaction transaction(connection_);
    for (size_t i = 0; i < changes.size(); ++i) {
      const auto& [entry, is_deletion] = changes[i];
      find_blob_.reset();
      find_blob_.bind_text(1, entry.key.name);
      if (find_blob_.step()) replaced.push_back(find_blob_.text(0));
      find_blob_.reset();
      if (is_deletion) {
        delete_.reset();
        delete_.bind_text(1, entry.key.name);
        delete_.step();
        continue;
      }
      put_.reset();
      put_.bind_text(1, entry.key.name);
      put_.bind_text(2, written[i]);
      if (entry.key.expiration_ms) put_.bind(3, *entry.key.expiration_ms);
      if (entry.key.metadata) put_.bind_text(4, *entry.key.metadata);
      put_.step();
      if (entry.value.size() > kLargestUnsynced) continue;
      put_unsynced_.reset();
      put_unsynced_.bind_text(1, written[i]);
      put_unsynced_.bind(2, entry.value);
      put_unsynced_.step();
      ++unsynced_;
      unsynced_bytes_ += entry.value.size();
    }
    transaction.commit();
  } catch (...) {
    for (const std::string& blob_id : written) {
      if (!blob_id.empty()) remove_value(blob_id);
    }
    throw;
  }
  for (const std::string& blob_id : replaced) remove_value(blob_id);
  if (unsynced_ > kMostUnsynced || unsynced_bytes_ > kMostUnsyncedBytes) trim_unsynced();
}

std::vector<KvKey> KvStore::list(std::string_view prefix, std::string_view after, size_t count,
                                 int64_t now_ms) {
  list_.reset();
  list_.bind_text(1, after);
  list_.bind_text(2, prefix);
  list_.bind_text(3, after_prefix(prefix));
  list_.bind(4, now_ms);
  list_.bind(5, static_cast<int64_t>(count));
  std::vector<KvKey> keys;
  while (list_.step()) {
    keys.push_back({list_.text(0), optional_integer(list_, 1), optional_text(list_, 2)});
  }
  has_expired_.reset();
  has_expired_.bind(1, now_ms);
  const bool has_expired = has_expired_.step() && has_expired_.integer(0) != 0;
  has_expired_.reset();
  if (has_expired) {
    delete_expired_.reset();
    delete_expired_.bind(1, now_ms);
    while (delete_expired_.step()) remove_value(delete_expired_.text(0));
  }
  return keys;
}

std::string KvStore::write_value(const Blob& value) {
  std::string blob_id = new_blob_id();
  write_whole_file(blobs_ / blob_id, value, value.size() > kLargestUnsynced);
  return blob_id;
}

void KvStore::remove_value(const std::string& blob_id) const {
  // One that stays wastes its room, and nothing refers to it.
  if (is_blob_id(blob_id)) ::unlink((blobs_ / blob_id).c_str());
}

void KvStore::trim_unsynced() {
  Statement last = connection_.prepare("SELECT max(id) FROM _cwrangler_unsynced");
  if (!last.step()) return;
  const int64_t id = last.integer(0);
  last.reset();
  const Descriptor folder(::open(blobs_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Left as it is, the next group of writes tries again.
  if (folder.get() < 0 || ::syncfs(folder.get()) != 0) return;
  // What another process has added since then is not flushed, and stays.
  Statement trim = connection_.prepare("DELETE FROM _cwrangler_unsynced WHERE id <= ?1");
  trim.bind(1, id);
  trim.step();
  unsynced_ = 0;
  unsynced_bytes_ = 0;
}

void KvStore::restore_unsynced() {
  Statement rows = connection_.prepare(
      "SELECT blob_id, value FROM _cwrangler_unsynced WHERE blob_id IN (SELECT blob_id FROM "
      "_mf_entries)");
  while (rows.step()) {
    const std::string blob_id = rows.text(0);
    if (!is_blob_id(blob_id)) continue;
    const Blob value = std::get<Blob>(rows.value(1));
    ++unsynced_;
    unsynced_bytes_ += value.size();
    std::error_code failed;
    const auto size = fs::file_size(blobs_ / blob_id, failed);
    if (failed || size != value.size()) write_whole_file(blobs_ / blob_id, value, true);
  }
}

}  // namespace cwrangler::storage
