// What KV refuses, in its words: for whoever takes pairs from outside.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/kv_store.h"

namespace cwrangler::storage {

/// A put as it was asked for.
struct KvPut {
  std::string key;
  Blob value;
  std::optional<int64_t> expiration;  ///< seconds since 1970
  std::optional<int64_t> ttl;         ///< seconds from now; wins over `expiration`
  std::string metadata;               ///< JSON; empty: none
};

/// The change for the store. Throws Error for keys, values, times and metadata outside of KV's
/// limits, in its words.
KvChange checked_put(const KvPut& put, std::chrono::system_clock::time_point now);

/// Throws Error for what is no key.
void check_kv_key(const std::string& key);

}  // namespace cwrangler::storage
