#include "cli/command/r2_remote.h"

#include <algorithm>
#include <chrono>

#include "cli/api/json_access.h"
#include "cli/config/utc_time.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kBuckets = "/r2/buckets";
constexpr int kNotFound = 404;

constexpr const char* kMetricsQuery = R"(
query getR2StorageMetrics($accountTag: String, $filter: R2StorageAdaptiveGroupsFilter_InputObject) {
  viewer {
    accounts(filter: {accountTag: $accountTag}) {
      r2StorageAdaptiveGroups(limit: 1, filter: $filter, orderBy: [datetime_DESC]) {
        max { objectCount payloadSize metadataSize }
        dimensions { datetime }
      }
    }
  }
})";

std::string bucket_path(const std::string& name, const std::string& below = "") {
  return std::string(kBuckets) + "/" + percent_encoded(name) + below;
}

/// Slashes of a key are part of the path.
std::string object_path(const std::string& bucket, const std::string& key) {
  std::string path = bucket_path(bucket, "/objects");
  size_t begin = 0;
  for (;;) {
    const size_t end = key.find('/', begin);
    path += "/" + percent_encoded(key.substr(begin, end == std::string::npos ? end : end - begin));
    if (end == std::string::npos) return path;
    begin = end + 1;
  }
}

}  // namespace

std::vector<HttpHeader> RemoteR2::with_jurisdiction(std::vector<HttpHeader> headers) const {
  if (!jurisdiction_.empty()) headers.push_back({"cf-r2-jurisdiction", jurisdiction_});
  return headers;
}

ApiJson RemoteR2::call(const std::string& method, const std::string& below, const ApiJson* body,
                       std::vector<HttpHeader> headers) {
  const std::string text =
      body == nullptr ? "" : body->dump(-1, ' ', false, ApiJson::error_handler_t::replace);
  ApiCall call;
  call.method = method;
  call.path = session_.account().path(below);
  call.headers = with_jurisdiction(std::move(headers));
  call.body = text;
  if (body != nullptr) call.content_type = "application/json";
  return session_.client().call(call);
}

void RemoteR2::create(const BucketRequest& request) {
  ApiJson body{{"name", request.name}};
  if (!request.storage_class.empty()) body["storageClass"] = request.storage_class;
  if (!request.location.empty()) body["locationHint"] = request.location;
  call("POST", kBuckets, &body);
}

std::vector<ApiJson> RemoteR2::buckets() {
  const ApiJson listed = array_at(call("GET", kBuckets), "buckets");
  return {listed.begin(), listed.end()};
}

ApiJson RemoteR2::info(const std::string& name) {
  using std::chrono::hours;
  ApiJson info = call("GET", bucket_path(name));
  const auto now = std::chrono::system_clock::now();
  const ApiJson variables{
      {"accountTag", session_.account().id()},
      {"filter",
       {{"datetime_geq", utc_time(now - hours(24))},
        {"datetime_leq", utc_time(now)},
        {"bucketName", jurisdiction_.empty() ? name : jurisdiction_ + "_" + name}}}};
  const std::string question = ApiJson{
      {"query", kMetricsQuery},
      {"operationName", "getR2StorageMetrics"},
      {"variables", variables}}.dump();
  ApiCall graphql;
  graphql.method = "POST";
  graphql.path = "/graphql";
  graphql.body = question;
  graphql.content_type = "application/json";
  graphql.retry = Retry::always;
  const ApiJson answer = session_.client().question(graphql);
  const ApiJson accounts = array_at(object_at(answer, "viewer"), "accounts");
  const ApiJson groups =
      accounts.empty() ? ApiJson::array() : array_at(accounts.front(), "r2StorageAdaptiveGroups");
  const ApiJson most = groups.empty() ? ApiJson::object() : object_at(groups.front(), "max");
  info["object_count"] = integer_at(most, "objectCount").value_or(0);
  info["bytes"] =
      integer_at(most, "payloadSize").value_or(0) + integer_at(most, "metadataSize").value_or(0);
  return info;
}

void RemoteR2::set_storage_class(const std::string& name, const std::string& storage_class) {
  call("PATCH", bucket_path(name), nullptr, {{"cf-r2-storage-class", storage_class}});
}

void RemoteR2::remove(const std::string& name) {
  call("DELETE", bucket_path(name));
}

void RemoteR2::put(const std::string& bucket, const std::string& key, std::string_view body,
                   std::vector<HttpHeader> headers, const std::function<void()>& progress) {
  ApiCall call;
  call.method = "PUT";
  call.path = session_.account().path(object_path(bucket, key));
  call.headers = with_jurisdiction(std::move(headers));
  call.body = body;
  call.progress = [&progress](std::uint64_t) { progress(); };
  session_.client().call(call);
}

void RemoteR2::get(const std::string& bucket, const std::string& key,
                   const std::function<void(std::string_view)>& sink) {
  try {
    session_.client().download(session_.account().path(object_path(bucket, key)), sink,
                               with_jurisdiction({}));
  } catch (const ApiError& error) {
    if (error.status() != kNotFound) throw;
    throw Error("The specified key does not exist.")
        .while_doing("reading \"" + key + "\" of the bucket \"" + bucket + "\"");
  }
}

void RemoteR2::remove_object(const std::string& bucket, const std::string& key, bool force) {
  std::vector<HttpHeader> headers;
  if (!force) headers.push_back({"cf-r2-data-catalog-check", "true"});
  call("DELETE", object_path(bucket, key), nullptr, std::move(headers));
}

}  // namespace cwrangler::cli
