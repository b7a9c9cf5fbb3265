#include "storage/kv_checks.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace cwrangler::storage {
namespace {

// https://developers.cloudflare.com/kv/platform/limits/
constexpr size_t kMaxKeyBytes = 512;
constexpr size_t kMaxValueBytes = 25 * 1024 * 1024;
constexpr size_t kMaxMetadataBytes = 1024;
constexpr int64_t kMinTtlSeconds = 60;

}  // namespace

void check_kv_key(const std::string& key) {
  if (key.empty()) throw Error("Key names must not be empty");
  if (key == "." || key == "..") {
    throw Error("Illegal key name \"" + key + "\". Please use a different name.");
  }
  if (key.size() > kMaxKeyBytes) {
    throw Error("UTF-8 encoded length of " + std::to_string(key.size()) +
                " exceeds key length limit of " + std::to_string(kMaxKeyBytes) + ".");
  }
}

KvChange checked_put(const KvPut& put, std::chrono::system_clock::time_point now) {
  check_kv_key(put.key);
  if (put.value.size() > kMaxValueBytes) {
    throw Error("Value length of " + std::to_string(put.value.size()) + " exceeds limit of " +
                std::to_string(kMaxValueBytes) + ".");
  }
  KvChange change;
  change.entry.key.name = put.key;
  change.entry.value = put.value;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (put.ttl) {
    if (*put.ttl < kMinTtlSeconds) {
      throw Error("Invalid expiration_ttl of " + std::to_string(*put.ttl) +
                  ". Expiration TTL must be at least " + std::to_string(kMinTtlSeconds) + ".");
    }
    change.entry.key.expiration_ms = (seconds + *put.ttl) * 1000;
  } else if (put.expiration) {
    if (*put.expiration < seconds + kMinTtlSeconds) {
      throw Error("Invalid expiration of " + std::to_string(*put.expiration) +
                  ". Expiration times must be at least " + std::to_string(kMinTtlSeconds) +
                  " seconds in the future.");
    }
    change.entry.key.expiration_ms = *put.expiration * 1000;
  }
  if (!put.metadata.empty()) {
    const nlohmann::json metadata = nlohmann::json::parse(put.metadata, nullptr, false);
    if (metadata.is_discarded()) throw Error("The metadata is not JSON: " + put.metadata);
    const std::string text = metadata.dump();
    if (text.size() > kMaxMetadataBytes) {
      throw Error("Metadata length of " + std::to_string(text.size()) + " exceeds limit of " +
                  std::to_string(kMaxMetadataBytes) + ".");
    }
    change.entry.key.metadata = text;
  }
  return change;
}

}  // namespace cwrangler::storage
