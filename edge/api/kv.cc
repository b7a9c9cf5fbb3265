// KV namespaces and their pairs: https://developers.cloudflare.com/api/resources/kv/

#include <chrono>

#include "edge/api/routes.h"
#include "edge/http/multipart.h"
#include "edge/store/resources.h"
#include "storage/kv_checks.h"
#include "storage/kv_store.h"

namespace cwrangler::edge {
namespace {

constexpr int kNoKey = 10009;
constexpr int kTitleTaken = 10014;
constexpr int kBadPair = 10033;
constexpr size_t kMostBulk = 10'000;
constexpr size_t kMostBulkRead = 100;

ApiError bad_request(const std::string& message) {
  return {400, api_code::kBadBody, message};
}

Json namespace_json(const Resource& space) {
  return {{"id", space.id}, {"title", space.name}, {"supports_url_encoding", true}};
}

Resource required_namespace(Call& call) {
  Work work = call.services.database.read();
  const auto space = find_resource(work, kKvNamespace, call.account(), call.part("namespace"));
  if (!space) throw ApiError(404, api_code::kNoKvNamespace, "namespace not found");
  return *space;
}

storage::KvStore open_store(Call& call) {
  return storage::KvStore(call.services.state(call.account()), required_namespace(call).id);
}

HttpResponse list(Call& call) {
  Work work = call.services.database.read();
  Json items = Json::array();
  for (const Resource& space : list_resources(work, kKvNamespace, call.account())) {
    items.push_back(namespace_json(space));
  }
  return page_of(items, call);
}

/// Makes it, or gives it another title.
HttpResponse save(Call& call, Resource space) {
  space.name = required_text(call.json_object(), "title");
  if (space.name.empty() || space.name.size() > 512) {
    throw bad_request("A title has 1 to 512 characters");
  }
  Work work = call.services.database.write();
  const auto other = find_resource_by_name(work, kKvNamespace, call.account(), space.name);
  if (other && other->id != space.id) {
    throw ApiError(400, kTitleTaken, "a namespace with this account ID and title already exists");
  }
  save_resource(work, space);
  work.commit();
  return success(namespace_json(space));
}

HttpResponse create(Call& call) {
  return save(call, {std::string(kKvNamespace), random_hex(16), call.account(), {}, now_ms(), {}});
}

HttpResponse rename(Call& call) {
  return save(call, required_namespace(call));
}

HttpResponse view(Call& call) {
  return success(namespace_json(required_namespace(call)));
}

HttpResponse remove(Call& call) {
  const Resource space = required_namespace(call);
  Work work = call.services.database.write();
  delete_resource(work, kKvNamespace, call.account(), space.id);
  work.commit();
  return success(nullptr);
}

/// A KV error of ours as one of the API's.
template <class Function>
auto checked(const Function& function) {
  try {
    return function();
  } catch (const ApiError&) {
    throw;
  } catch (const storage::SqliteError&) {
    throw;
  } catch (const Error& error) {
    throw ApiError(400, kBadPair, error.problem());
  }
}

std::optional<std::int64_t> optional_number(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_number_integer()) {
    throw bad_request("\"" + std::string(key) + "\" must be a whole number");
  }
  return found->get<std::int64_t>();
}

std::optional<std::int64_t> optional_query_number(const Call& call, const char* key) {
  if (call.query_value(key).empty()) return std::nullopt;
  return call.query_number(key, 0, std::int64_t{1} << 40, 0);
}

storage::Blob blob_of(std::string_view bytes) {
  return {bytes.begin(), bytes.end()};
}

storage::KvEntry required_entry(Call& call) {
  storage::KvStore store = open_store(call);
  auto entry = store.get(call.part("key"), now_ms());
  if (!entry) throw ApiError(404, kNoKey, "get: 'key not found'");
  return std::move(*entry);
}

HttpResponse get_value(Call& call) {
  const storage::KvEntry entry = required_entry(call);
  HttpResponse response;
  response.headers.push_back({"Content-Type", "application/octet-stream"});
  if (entry.key.expiration_ms) {
    response.headers.push_back({"Expiration", std::to_string(*entry.key.expiration_ms / 1000)});
  }
  response.body = std::string(entry.value.begin(), entry.value.end());
  return response;
}

HttpResponse get_metadata(Call& call) {
  const storage::KvEntry entry = required_entry(call);
  return success(entry.key.metadata ? Json::parse(*entry.key.metadata) : Json());
}

HttpResponse put_value(Call& call) {
  storage::KvPut put;
  put.key = call.part("key");
  put.expiration = optional_query_number(call, "expiration");
  put.ttl = optional_query_number(call, "expiration_ttl");
  const std::string_view type = call.request.header("Content-Type").value_or("");
  if (essence(type) == "multipart/form-data") {
    std::vector<FormPart> parts;
    try {
      parts = parse_multipart(type, call.request.body.view(), 2);
    } catch (const Error& error) {
      throw bad_request("The value cannot be read: " + error.problem());
    }
    for (const FormPart& part : parts) {
      if (part.name == "value") put.value = blob_of(part.content);
      if (part.name == "metadata") put.metadata = part.content;
    }
  } else {
    put.value = blob_of(call.request.body.view());
  }
  checked([&] {
    const storage::KvChange change = storage::checked_put(put, std::chrono::system_clock::now());
    open_store(call).apply({change});
    return true;
  });
  return success(nullptr);
}

storage::KvChange removal(const std::string& key) {
  storage::check_kv_key(key);
  storage::KvChange change;
  change.entry.key.name = key;
  change.is_deletion = true;
  return change;
}

HttpResponse remove_value(Call& call) {
  checked([&] {
    open_store(call).apply({removal(call.part("key"))});
    return true;
  });
  return success(nullptr);
}

HttpResponse keys(Call& call) {
  const std::int64_t limit = call.query_number("limit", 10, 1000, 1000);
  std::string after;
  try {
    after = from_base64(call.query_value("cursor"));
  } catch (const Error&) {
    throw bad_request("The cursor is none of this list");
  }
  storage::KvStore store = open_store(call);
  // One more tells whether there are more.
  std::vector<storage::KvKey> found =
      store.list(call.query_value("prefix"), after, static_cast<size_t>(limit) + 1, now_ms());
  const bool has_more = found.size() > static_cast<size_t>(limit);
  if (has_more) found.pop_back();
  Json items = Json::array();
  for (const storage::KvKey& key : found) {
    Json item{{"name", key.name}};
    if (key.expiration_ms) item["expiration"] = *key.expiration_ms / 1000;
    if (key.metadata) item["metadata"] = Json::parse(*key.metadata);
    items.push_back(std::move(item));
  }
  const std::string cursor = has_more ? base64url(found.back().name) : std::string();
  const size_t count = items.size();
  return success_with_info(items, {{"count", count}, {"cursor", cursor}});
}

Json bulk_list(const Call& call) {
  Json list = call.json();
  if (!list.is_array() || list.size() > kMostBulk) {
    throw bad_request("The body must be a list of at most " + std::to_string(kMostBulk) +
                      " entries");
  }
  return list;
}

HttpResponse bulk_done(size_t count) {
  return success({{"successful_key_count", count}, {"unsuccessful_keys", Json::array()}});
}

HttpResponse bulk_put(Call& call) {
  const Json list = bulk_list(call);
  std::vector<storage::KvChange> changes;
  checked([&] {
    for (const Json& pair : list) {
      if (!pair.is_object()) throw bad_request("Every entry must be an object");
      storage::KvPut put;
      put.key = required_text(pair, "key");
      const std::string value = required_text(pair, "value");
      put.value = blob_of(pair.value("base64", false) ? from_base64(value) : value);
      put.expiration = optional_number(pair, "expiration");
      put.ttl = optional_number(pair, "expiration_ttl");
      if (pair.contains("metadata") && !pair["metadata"].is_null()) {
        put.metadata = pair["metadata"].dump();
      }
      changes.push_back(storage::checked_put(put, std::chrono::system_clock::now()));
    }
    open_store(call).apply(changes);
    return true;
  });
  return bulk_done(changes.size());
}

HttpResponse bulk_remove(Call& call) {
  const Json list = bulk_list(call);
  std::vector<storage::KvChange> changes;
  checked([&] {
    for (const Json& key : list) {
      if (!key.is_string()) throw bad_request("Every key must be a string");
      changes.push_back(removal(key));
    }
    open_store(call).apply(changes);
    return true;
  });
  return bulk_done(changes.size());
}

HttpResponse bulk_get(Call& call) {
  const Json body = call.json_object();
  const Json list = body.value("keys", Json());
  if (!list.is_array() || list.size() > kMostBulkRead) {
    throw bad_request("\"keys\" must be a list of at most " + std::to_string(kMostBulkRead));
  }
  const bool with_metadata = body.value("withMetadata", Json()) == true;
  const bool as_json = body.value("type", Json()) == "json";
  storage::KvStore store = open_store(call);
  Json values = Json::object();
  for (const Json& key : list) {
    if (!key.is_string()) throw bad_request("Every key must be a string");
    const auto entry = store.get(key.get<std::string>(), now_ms());
    Json value;
    if (entry) {
      value = std::string(entry->value.begin(), entry->value.end());
      if (as_json) value = Json::parse(value.get<std::string>(), nullptr, false);
      if (with_metadata) {
        value = {{"value", value},
                 {"metadata", entry->key.metadata ? Json::parse(*entry->key.metadata) : Json()}};
      }
    }
    values[key.get<std::string>()] = value;
  }
  return success({{"values", values}});
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/!/storage/kv/namespaces", "kv", false, list},
    {"POST", "/!/storage/kv/namespaces", "kv", true, create},
    {"GET", "/!/storage/kv/namespaces/:namespace", "kv", false, view},
    {"PUT", "/!/storage/kv/namespaces/:namespace", "kv", true, rename},
    {"DELETE", "/!/storage/kv/namespaces/:namespace", "kv", true, remove},
    {"GET", "/!/storage/kv/namespaces/:namespace/keys", "kv", false, keys},
    {"GET", "/!/storage/kv/namespaces/:namespace/values/:key", "kv", false, get_value},
    {"PUT", "/!/storage/kv/namespaces/:namespace/values/:key", "kv", true, put_value},
    {"DELETE", "/!/storage/kv/namespaces/:namespace/values/:key", "kv", true, remove_value},
    {"GET", "/!/storage/kv/namespaces/:namespace/metadata/:key", "kv", false, get_metadata},
    {"PUT", "/!/storage/kv/namespaces/:namespace/bulk", "kv", true, bulk_put},
    {"DELETE", "/!/storage/kv/namespaces/:namespace/bulk", "kv", true, bulk_remove},
    {"POST", "/!/storage/kv/namespaces/:namespace/bulk/delete", "kv", true, bulk_remove},
    {"POST", "/!/storage/kv/namespaces/:namespace/bulk/get", "kv", false, bulk_get},
};

}  // namespace

std::span<const ApiRoute> kv_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
