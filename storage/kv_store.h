// The entries of one KV namespace: a row for each key, and a file for each value, as wrangler keeps
// them.
//
// Writes come in groups that share one transaction and so one flush of the disk. A small value's
// file is not flushed: its bytes are in the transaction, too, in a table of ours that wrangler does
// not look at, until a later flush of the file system covers the files of many. After a loss of
// power, opening the namespace writes the files that are missing.
//
// A store belongs to one thread at a time; several processes may have stores of one namespace.

#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite.h"

namespace cwrangler::storage {

struct KvKey {
  std::string name;
  std::optional<int64_t> expiration_ms;  ///< milliseconds since 1970
  std::optional<std::string> metadata;   ///< JSON
};

struct KvEntry {
  KvKey key;
  Blob value;
};

/// One change: a put, or a deletion.
struct KvChange {
  KvEntry entry;
  bool is_deletion = false;
};

class KvStore {
 public:
  /// Opens the namespace `id` below the folder of local state, and makes it when it is not there.
  KvStore(const std::filesystem::path& state, std::string_view id);

  /// Nothing for a key that is not there or has expired by `now_ms`. Throws Error for a value of
  /// more than `most` bytes.
  std::optional<KvEntry> get(const std::string& key, int64_t now_ms,
                             size_t most = std::numeric_limits<size_t>::max());

  /// All of the changes, in order, or none when it throws. They are on disk when it returns.
  void apply(const std::vector<KvChange>& changes);

  /// The first `count` keys with the prefix after the key `after`, in the order of their UTF-8
  /// bytes, without those that have expired by `now_ms`.
  std::vector<KvKey> list(std::string_view prefix, std::string_view after, size_t count,
                          int64_t now_ms);

  Connection& connection() { return connection_; }

 private:
  std::string write_value(const Blob& value);
  void remove_value(const std::string& blob_id) const;
  /// Lets go of values in the transaction log whose files are on disk by now.
  void trim_unsynced();
  void restore_unsynced();

  const std::filesystem::path blobs_;
  Connection connection_;
  Statement get_;
  Statement find_blob_;
  Statement put_;
  Statement put_unsynced_;
  Statement delete_;
  Statement list_;
  Statement has_expired_;
  Statement delete_expired_;
  size_t unsynced_ = 0;
  size_t unsynced_bytes_ = 0;
};

}  // namespace cwrangler::storage
