// One cache: https://developers.cloudflare.com/workers/runtime-apis/cache/
//
// A row for each URL and a file for each body, as wrangler keeps them. What may be kept and for how
// long is the caller's to know: here an entry is a body, some text about it and the time at which
// it ends. A body is on disk before the row that names it.
//
// A store belongs to one thread at a time; several processes may have stores of one cache.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/r2_value.h"
#include "storage/sqlite.h"

namespace cwrangler::storage {

struct CacheEntry {
  std::string metadata;  ///< JSON: {headers: [[name, value], …], size, status}
  std::unique_ptr<R2Reader> body;
};

class CacheStore {
 public:
  /// Opens the cache below the folder of local state, and makes it when it is not there. `name`:
  /// "default", or "named:" and the name, URI-encoded.
  CacheStore(const std::filesystem::path& state, std::string_view name);

  /// Where to write bodies for it.
  const R2Folders& folders() const { return folders_; }

  /// What is there of the key and has not expired by `now_ms`. Its body can be read after the entry
  /// was replaced or removed.
  std::optional<CacheEntry> find(const std::string& key, int64_t now_ms);

  /// `body`: finished. The entry is on disk when it returns.
  void put(const std::string& key, R2Upload& body, const std::string& metadata,
           int64_t expiration_ms);

  /// Returns whether there was an entry that had not expired by `now_ms`.
  bool remove(const std::string& key, int64_t now_ms);

  /// Removes what has expired.
  void sweep(int64_t now_ms);

  Connection& connection() { return connection_; }

 private:
  struct Row {
    std::string blob_id;
    std::string metadata;
    int64_t expiration_ms = 0;
  };

  std::optional<Row> row_of(const std::string& key);
  void remove_body(const std::string& blob_id) const;

  const R2Folders folders_;
  Connection connection_;
  Statement get_;
  Statement put_;
  Statement delete_;
  Statement has_expired_;
  Statement delete_expired_;
};

}  // namespace cwrangler::storage
