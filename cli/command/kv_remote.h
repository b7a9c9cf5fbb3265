// KV namespaces of the account, for `kv … --remote`.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command/api_session.h"

namespace cwrangler::cli {

/// A value as it is written.
struct RemotePut {
  std::string key;
  std::string value;
  std::optional<std::int64_t> expiration;  ///< seconds since 1970
  std::optional<std::int64_t> ttl;         ///< seconds from now
  std::string metadata;                    ///< JSON; empty: none
};

class RemoteKv {
 public:
  RemoteKv(const Config& config, const CommandContext& context)
      : session_(context, &config, WithoutAccount::local_data) {}

  /// The id of the new namespace.
  std::string create(const std::string& title);
  std::vector<ApiJson> namespaces();
  void remove_namespace(const std::string& id);

  void put(const std::string& space, const RemotePut& put);
  /// Passes the value's bytes on. Throws Error when there is no such key.
  void get(const std::string& space, const std::string& key,
           const std::function<void(std::string_view)>& sink);
  /// The value; nothing: there is no such key.
  std::optional<std::string> find(const std::string& space, const std::string& key);
  void remove(const std::string& space, const std::string& key);
  std::vector<ApiJson> keys(const std::string& space, const std::string& prefix);

  /// Many at once: entries as the file of `kv bulk put` has them, and names. Returns how many were
  /// written or deleted.
  size_t put_all(const std::string& space, const ApiJson& entries);
  size_t remove_all(const std::string& space, const std::vector<std::string>& names);

 private:
  /// Whether there is such a key.
  bool download(const std::string& space, const std::string& key,
                const std::function<void(std::string_view)>& sink);

  ApiSession session_;
};

}  // namespace cwrangler::cli
