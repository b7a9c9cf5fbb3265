// The tables in which wrangler keeps keyed values: those of a KV namespace and of a cache.

#pragma once

namespace cwrangler::storage {

/// Word for word: wrangler must find its own schema. `expiration`: milliseconds since 1970.
inline constexpr const char* kEntriesSchema = R"(
CREATE TABLE IF NOT EXISTS _mf_entries (
  key TEXT PRIMARY KEY,
  blob_id TEXT NOT NULL,
  expiration INTEGER,
  metadata TEXT
);
CREATE INDEX IF NOT EXISTS _mf_entries_expiration_idx ON _mf_entries(expiration);
)";

}  // namespace cwrangler::storage
