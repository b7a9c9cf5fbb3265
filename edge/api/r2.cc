// R2 buckets and objects: https://developers.cloudflare.com/api/resources/r2/

#include <algorithm>

#include "edge/api/routes.h"
#include "edge/store/resources.h"
#include "storage/r2_bucket.h"

namespace cwrangler::edge {
namespace {

constexpr int kBucketTaken = 10004;
constexpr int kBucketNotEmpty = 10008;

/// The headers of an object that are kept, and their names in its metadata.
constexpr std::pair<const char*, const char*> kMetadata[] = {
    {"Content-Type", "contentType"},
    {"Content-Language", "contentLanguage"},
    {"Content-Disposition", "contentDisposition"},
    {"Content-Encoding", "contentEncoding"},
    {"Cache-Control", "cacheControl"}};

Json bucket_json(const Resource& bucket) {
  return {{"name", bucket.name},
          {"creation_date", api_time(bucket.created)},
          {"location", "local"},
          {"storage_class", "Standard"},
          {"jurisdiction", "default"}};
}

Resource required_bucket(Call& call) {
  Work work = call.services.database.read();
  const auto bucket = find_resource_by_name(work, kR2Bucket, call.account(), call.part("bucket"));
  if (!bucket) {
    throw ApiError(404, api_code::kNoBucket, "The specified bucket does not exist.");
  }
  return *bucket;
}

storage::R2Bucket open_bucket(Call& call) {
  return storage::R2Bucket(call.services.state(call.account()), required_bucket(call).name);
}

/// An R2 error of ours as one of the API's.
template <class Function>
auto checked(const Function& function) {
  try {
    return function();
  } catch (const storage::R2Error& error) {
    throw ApiError(400, api_code::kBadBody, error.problem());
  }
}

HttpResponse list(Call& call) {
  const std::string part_of_name = call.query_value("name_contains");
  Work work = call.services.database.read();
  Json buckets = Json::array();
  for (const Resource& bucket : list_resources(work, kR2Bucket, call.account())) {
    if (bucket.name.find(part_of_name) != std::string::npos) buckets.push_back(bucket_json(bucket));
  }
  return success_with_info({{"buckets", buckets}}, {{"cursor", ""}, {"per_page", 1000}});
}

HttpResponse create(Call& call) {
  const std::string name = required_text(call.json_object(), "name");
  const bool is_name = name.size() >= 3 && name.size() <= 63 && name.front() != '-' &&
                       name.back() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
  if (!is_name) throw ApiError(400, 10005, "The specified bucket name is not valid.");
  const Resource bucket{std::string(kR2Bucket), random_hex(16), call.account(), name, now_ms(),
                        Json::object()};
  Work work = call.services.database.write();
  if (find_resource_by_name(work, kR2Bucket, call.account(), name)) {
    throw ApiError(409, kBucketTaken,
                   "The bucket you tried to create already exists, and you own it.");
  }
  save_resource(work, bucket);
  work.commit();
  return success(bucket_json(bucket));
}

HttpResponse view(Call& call) {
  return success(bucket_json(required_bucket(call)));
}

HttpResponse remove(Call& call) {
  const Resource bucket = required_bucket(call);
  if (open_bucket(call).usage().objects > 0) {
    throw ApiError(409, kBucketNotEmpty, "The bucket you tried to delete is not empty.");
  }
  Work work = call.services.database.write();
  delete_resource(work, kR2Bucket, call.account(), bucket.id);
  work.commit();
  return success(Json::object());
}

HttpResponse put_object(Call& call) {
  storage::R2Bucket bucket = open_bucket(call);
  storage::R2Object object;
  object.key = call.part("key");
  Json metadata = Json::object();
  for (const auto& [header, name] : kMetadata) {
    if (const auto value = call.request.header(header)) metadata[name] = *value;
  }
  object.http_metadata = metadata.dump();
  return checked([&] {
    storage::check_r2_key(object.key);
    storage::R2Upload upload(bucket.folders());
    const std::string_view content = call.request.body.view();
    upload.write({reinterpret_cast<const uint8_t*>(content.data()), content.size()});
    upload.finish();
    const auto stored = bucket.put(object, upload, {});
    return success({{"key", stored->key},
                    {"etag", stored->etag},
                    {"version", stored->version},
                    {"size", std::to_string(stored->size)},
                    {"uploaded", api_time(stored->uploaded_ms)},
                    {"storage_class", "Standard"}});
  });
}

HttpResponse get_object(Call& call) {
  storage::R2Bucket bucket = open_bucket(call);
  const auto found = checked([&] { return bucket.get(call.part("key"), {}, {}); });
  if (!found) throw ApiError(404, api_code::kNoWorker, "The specified key does not exist.");
  HttpResponse response;
  const Json metadata = Json::parse(found->object.http_metadata);
  for (const auto& [header, name] : kMetadata) {
    if (metadata.contains(name)) response.headers.push_back({header, metadata[name]});
  }
  if (!metadata.contains("contentType")) {
    response.headers.push_back({"Content-Type", "application/octet-stream"});
  }
  response.headers.push_back({"ETag", "\"" + found->object.etag + "\""});
  std::vector<FileSpan> spans;
  for (const storage::R2Piece& piece : found->pieces) {
    spans.push_back({piece.file, static_cast<std::uint64_t>(piece.offset),
                     static_cast<std::uint64_t>(piece.length)});
  }
  response.body = std::move(spans);
  return response;
}

HttpResponse delete_object(Call& call) {
  const std::string& key = call.part("key");
  checked([&] {
    open_bucket(call).remove({key});
    return true;
  });
  return success({{"key", key}});
}

HttpResponse list_objects(Call& call) {
  storage::R2Bucket bucket = open_bucket(call);
  storage::R2ListRequest request;
  request.prefix = call.query_value("prefix");
  request.delimiter = call.query_value("delimiter");
  request.limit = static_cast<size_t>(call.query_number("per_page", 1, 1000, 1000));
  try {
    request.after = from_base64(call.query_value("cursor"));
  } catch (const Error&) {
    throw ApiError(400, api_code::kBadBody, "The cursor is none of this list");
  }
  const storage::R2List found = bucket.list(request);
  Json objects = Json::array();
  for (const storage::R2Object& object : found.objects) {
    objects.push_back({{"key", object.key},
                       {"etag", object.etag},
                       {"size", object.size},
                       {"last_modified", api_time(object.uploaded_ms)},
                       {"http_metadata", Json::parse(object.http_metadata)},
                       {"custom_metadata", Json::parse(object.custom_metadata)},
                       {"storage_class", "Standard"}});
  }
  return success_with_info(objects, {{"delimited", found.prefixes},
                                     {"cursor", found.last ? base64url(*found.last) : ""},
                                     {"is_truncated", found.last.has_value()},
                                     {"per_page", request.limit}});
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/!/r2/buckets", "r2", false, list},
    {"POST", "/!/r2/buckets", "r2", true, create},
    {"GET", "/!/r2/buckets/:bucket", "r2", false, view},
    {"DELETE", "/!/r2/buckets/:bucket", "r2", true, remove},
    {"GET", "/!/r2/buckets/:bucket/objects", "r2", false, list_objects},
    {"PUT", "/!/r2/buckets/:bucket/objects/*key", "r2", true, put_object},
    {"GET", "/!/r2/buckets/:bucket/objects/*key", "r2", false, get_object},
    {"DELETE", "/!/r2/buckets/:bucket/objects/*key", "r2", true, delete_object},
};

}  // namespace

std::span<const ApiRoute> r2_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
