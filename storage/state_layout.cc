#include "storage/state_layout.h"

// The low-level digest of libcrypto: all that a static link takes of it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <span>

#include "storage/blob_files.h"

namespace cwrangler::storage {
namespace {

namespace fs = std::filesystem;

using Digest = std::array<uint8_t, SHA256_DIGEST_LENGTH>;

constexpr std::string_view kD1Object = "miniflare-D1DatabaseObject";
constexpr std::string_view kKvObject = "miniflare-KVNamespaceObject";
constexpr std::string_view kR2Object = "miniflare-R2BucketObject";
constexpr std::string_view kCacheObject = "miniflare-CacheObject";

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Digest sha256(std::span<const uint8_t> first, std::span<const uint8_t> second = {}) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, first.data(), first.size());
  SHA256_Update(&context, second.data(), second.size());
  Digest digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

/// RFC 2104, for keys that are a digest themselves.
Digest hmac(const Digest& key, std::span<const uint8_t> message) {
  std::array<uint8_t, SHA256_CBLOCK> inner;
  std::array<uint8_t, SHA256_CBLOCK> outer;
  for (size_t i = 0; i < inner.size(); ++i) {
    const uint8_t byte = i < key.size() ? key[i] : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  return sha256(outer, sha256(inner, message));
}

/// An id as one name of a folder: ids come from configuration files.
std::string folder_name(std::string_view id) {
  std::string name(id.substr(0, 255));
  if (name.find_first_not_of('.') == std::string::npos) name.assign(name.size(), '_');
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || std::string_view("?<>*\"'^/\\:|").find(c) != std::string_view::npos) c = '_';
  }
  return name;
}

fs::path object_file(const fs::path& folder, std::string_view unique_key, std::string_view name) {
  return folder / unique_key / (object_id(unique_key, name) + ".sqlite");
}

}  // namespace

std::string object_id(std::string_view unique_key, std::string_view name) {
  constexpr size_t kHalf = 16;
  const Digest key = sha256(bytes_of(unique_key));
  const Digest a = hmac(key, bytes_of(name));
  const Digest b = hmac(key, std::span(a).first<kHalf>());
  std::string id;
  append_hex(id, std::span(a).first<kHalf>());
  append_hex(id, std::span(b).first<kHalf>());
  return id;
}

fs::path d1_file(const fs::path& state, std::string_view id) {
  return object_file(state / "d1", kD1Object, id);
}

fs::path kv_file(const fs::path& state, std::string_view id) {
  return object_file(state / "kv", kKvObject, id);
}

fs::path kv_blobs(const fs::path& state, std::string_view id) {
  return state / "kv" / folder_name(id) / "blobs";
}

fs::path r2_file(const fs::path& state, std::string_view bucket) {
  return object_file(state / "r2", kR2Object, bucket);
}

fs::path r2_folder(const fs::path& state, std::string_view bucket) {
  return state / "r2" / folder_name(bucket);
}

fs::path cache_file(const fs::path& state, std::string_view name) {
  return object_file(state / "cache", kCacheObject, name);
}

fs::path analytics_file(const fs::path& state, std::string_view dataset) {
  return state / "analytics" / (folder_name(dataset) + ".sqlite");
}

fs::path vectorize_file(const fs::path& state, std::string_view index) {
  return state / "vectorize" / (folder_name(index) + ".sqlite");
}

fs::path email_folder(const fs::path& state, std::string_view binding) {
  return state / "email" / folder_name(binding);
}

fs::path cache_folder(const fs::path& state, std::string_view name) {
  return state / "cache" / folder_name(name);
}

fs::path queues_file(const fs::path& state) {
  return state / "queues" / "queues.sqlite";
}

fs::path queue_lock_file(const fs::path& state, std::string_view queue) {
  return state / "queues" / (object_id("queue", queue) + ".lock");
}

}  // namespace cwrangler::storage
