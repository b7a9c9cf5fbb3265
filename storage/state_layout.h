// Where local state lies: wrangler's `.wrangler/state/v3`.
//
// A database's file is named as the Durable Object that holds it in wrangler: with
// key = SHA-256(unique key), a = HMAC-SHA-256(key, name)[0:16], b = HMAC-SHA-256(key, a)[0:16], the
// name is hex(a b). Unique keys are miniflare's class names.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace cwrangler::storage {

/// `state` is the folder v3 in each of these; nothing is created.

/// The SQLite file of a D1 database; `id`: the configuration's database id.
std::filesystem::path d1_file(const std::filesystem::path& state, std::string_view id);

/// The SQLite file of a KV namespace's entries, and the folder of its values.
std::filesystem::path kv_file(const std::filesystem::path& state, std::string_view id);
std::filesystem::path kv_blobs(const std::filesystem::path& state, std::string_view id);

/// The SQLite file of an R2 bucket's objects, and the folder around that of its values, "blobs".
std::filesystem::path r2_file(const std::filesystem::path& state, std::string_view bucket);
std::filesystem::path r2_folder(const std::filesystem::path& state, std::string_view bucket);

/// The SQLite file of a cache's entries, and the folder around that of its values, "blobs". `name`:
/// "default", or "named:" and the name, URI-encoded.
std::filesystem::path cache_file(const std::filesystem::path& state, std::string_view name);
std::filesystem::path cache_folder(const std::filesystem::path& state, std::string_view name);

/// The SQLite file of all queues' messages, and the file whose lock the process holds that hands
/// out those of one queue. wrangler has no such files: it keeps messages in memory.
std::filesystem::path queues_file(const std::filesystem::path& state);
std::filesystem::path queue_lock_file(const std::filesystem::path& state, std::string_view queue);

/// Of these wrangler keeps nothing: the SQLite files of an Analytics Engine dataset and of a
/// Vectorize index, and the folder of the messages that a send_email binding has sent.
std::filesystem::path analytics_file(const std::filesystem::path& state, std::string_view dataset);
std::filesystem::path vectorize_file(const std::filesystem::path& state, std::string_view index);
std::filesystem::path email_folder(const std::filesystem::path& state, std::string_view binding);

/// hex(a b) as above.
std::string object_id(std::string_view unique_key, std::string_view name);

}  // namespace cwrangler::storage
