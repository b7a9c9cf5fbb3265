#include "storage/cache_store.h"

#include <unistd.h>

#include <cerrno>
#include <limits>
#include <system_error>

#include "storage/blob_files.h"
#include "storage/entries_schema.h"
#include "storage/state_layout.h"

namespace cwrangler::storage {
namespace {

namespace fs = std::filesystem;

Connection open(const fs::path& file) {
  Connection connection(file);
  connection.execute(kEntriesSchema);
  return connection;
}

R2Folders make_folders(const fs::path& folder) {
  R2Folders folders{folder / "blobs", folder / "pending"};
  for (const fs::path& path : {folders.blobs, folders.pending}) {
    std::error_code failed;
    fs::create_directories(path, failed);
    if (failed) throw Error(failed.message()).while_doing("creating " + path.string());
  }
  return folders;
}

}  // namespace

CacheStore::CacheStore(const fs::path& state, std::string_view name)
    : folders_(make_folders(cache_folder(state, name))),
      connection_(open(cache_file(state, name))),
      get_(connection_.prepare(
          "SELECT blob_id, metadata, expiration FROM _mf_entries WHERE key = ?1")),
      put_(connection_.prepare("INSERT OR REPLACE INTO _mf_entries "
                               "(key, blob_id, expiration, metadata) VALUES (?1, ?2, ?3, ?4)")),
      delete_(connection_.prepare("DELETE FROM _mf_entries WHERE key = ?1")),
      has_expired_(
          connection_.prepare("SELECT EXISTS (SELECT 1 FROM _mf_entries WHERE expiration <= ?1)")),
      delete_expired_(
          connection_.prepare("DELETE FROM _mf_entries WHERE expiration <= ?1 RETURNING blob_id")) {
  Statement has_row = connection_.prepare("SELECT 1 FROM _mf_entries WHERE blob_id = ?1");
  remove_orphans(folders_, [&has_row](const std::string& blob_id) {
    has_row.reset();
    has_row.bind_text(1, blob_id);
    return has_row.step();
  });
}

std::optional<CacheStore::Row> CacheStore::row_of(const std::string& key) {
  get_.reset();
  get_.bind_text(1, key);
  if (!get_.step()) return std::nullopt;
  Row row{get_.text(0), get_.text(1), get_.integer(2)};
  if (get_.is_null(2)) row.expiration_ms = std::numeric_limits<int64_t>::max();
  get_.reset();
  return row;
}

std::optional<CacheEntry> CacheStore::find(const std::string& key, int64_t now_ms) {
  const std::optional<Row> row = row_of(key);
  if (!row || row->expiration_ms <= now_ms || !is_blob_id(row->blob_id)) return std::nullopt;
  const fs::path file = folders_.blobs / row->blob_id;
  std::error_code failed;
  const auto size = fs::file_size(file, failed);
  // Another process has replaced it since the row was read: as if it had come first.
  if (failed) return std::nullopt;
  try {
    return CacheEntry{
        row->metadata,
        std::make_unique<R2Reader>(std::vector<R2Piece>{{file, 0, static_cast<int64_t>(size)}})};
  } catch (const Error&) {
    if (!fs::exists(file, failed)) return std::nullopt;
    throw;
  }
}

void CacheStore::put(const std::string& key, R2Upload& body, const std::string& metadata,
                     int64_t expiration_ms) {
  Transaction transaction(connection_);
  const std::optional<Row> replaced = row_of(key);
  put_.reset();
  put_.bind_text(1, key);
  put_.bind_text(2, body.id());
  put_.bind(3, expiration_ms);
  put_.bind_text(4, metadata);
  put_.step();
  transaction.commit();
  body.keep();
  if (replaced) remove_body(replaced->blob_id);
}

bool CacheStore::remove(const std::string& key, int64_t now_ms) {
  Transaction transaction(connection_);
  const std::optional<Row> row = row_of(key);
  if (!row) return false;
  delete_.reset();
  delete_.bind_text(1, key);
  delete_.step();
  transaction.commit();
  remove_body(row->blob_id);
  return row->expiration_ms > now_ms;
}

void CacheStore::sweep(int64_t now_ms) {
  has_expired_.reset();
  has_expired_.bind(1, now_ms);
  const bool has_expired = has_expired_.step() && has_expired_.integer(0) != 0;
  has_expired_.reset();
  if (!has_expired) return;
  std::vector<std::string> expired;
  delete_expired_.reset();
  delete_expired_.bind(1, now_ms);
  while (delete_expired_.step()) expired.push_back(delete_expired_.text(0));
  for (const std::string& blob_id : expired) remove_body(blob_id);
}

void CacheStore::remove_body(const std::string& blob_id) const {
  // One that stays wastes its room, and nothing refers to it.
  if (is_blob_id(blob_id)) ::unlink((folders_.blobs / blob_id).c_str());
}

}  // namespace cwrangler::storage
