// R2 buckets of the account, for `r2 … --remote`.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command/api_session.h"

namespace cwrangler::cli {

/// What a bucket is made with; empty: the account's own choice.
struct BucketRequest {
  std::string name;
  std::string location;       ///< a hint: "weur", "apac"
  std::string storage_class;  ///< "Standard", "InfrequentAccess"
};

class RemoteR2 {
 public:
  /// `jurisdiction`: where the bucket is bound to be, such as "eu"; empty: nowhere in particular.
  RemoteR2(const Config& config, const CommandContext& context, std::string jurisdiction)
      : session_(context, &config, WithoutAccount::local_data),
        jurisdiction_(std::move(jurisdiction)) {}

  void create(const BucketRequest& request);
  std::vector<ApiJson> buckets();
  /// What the API knows of the bucket, and, under `object_count` and `bytes`, how much was in it
  /// when that was last counted.
  ApiJson info(const std::string& name);
  void set_storage_class(const std::string& name, const std::string& storage_class);
  void remove(const std::string& name);

  /// Writes an object; `headers`: its metadata. `body` must outlive the call.
  void put(const std::string& bucket, const std::string& key, std::string_view body,
           std::vector<HttpHeader> headers, const std::function<void()>& progress);
  /// Passes the object's bytes on. Throws Error when there is no such object.
  void get(const std::string& bucket, const std::string& key,
           const std::function<void(std::string_view)>& sink);
  void remove_object(const std::string& bucket, const std::string& key, bool force);

 private:
  ApiJson call(const std::string& method, const std::string& below, const ApiJson* body = nullptr,
               std::vector<HttpHeader> headers = {});
  std::vector<HttpHeader> with_jurisdiction(std::vector<HttpHeader> headers) const;

  ApiSession session_;
  const std::string jurisdiction_;
};

}  // namespace cwrangler::cli
