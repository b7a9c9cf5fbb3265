#include "cli/command/kv_remote.h"

#include "cli/api/json_access.h"
#include "cli/api/multipart_form.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kNamespaces = "/storage/kv/namespaces";

std::string namespace_path(const std::string& space, const std::string& below = "") {
  return std::string(kNamespaces) + "/" + percent_encoded(space) + below;
}

std::string value_path(const std::string& space, const std::string& key) {
  return namespace_path(space, "/values/" + percent_encoded(key));
}

}  // namespace

std::string RemoteKv::create(const std::string& title) {
  return string_at(session_.account().post(kNamespaces, {{"title", title}}), "id");
}

std::vector<ApiJson> RemoteKv::namespaces() {
  return session_.client().list(session_.account().path(kNamespaces),
                                {{"per_page", "1000"}, {"order", "title"}, {"direction", "asc"}});
}

void RemoteKv::remove_namespace(const std::string& id) {
  session_.account().remove(namespace_path(id));
}

void RemoteKv::put(const std::string& space, const RemotePut& put) {
  ApiCall call;
  call.method = "PUT";
  call.path = session_.account().path(value_path(space, put.key));
  if (put.ttl) {
    call.query.emplace_back("expiration_ttl", std::to_string(*put.ttl));
  } else if (put.expiration) {
    call.query.emplace_back("expiration", std::to_string(*put.expiration));
  }
  MultipartForm form;
  if (put.metadata.empty()) {
    call.content_type = "text/plain;charset=UTF-8";
    call.body = put.value;
  } else {
    form.add_field("value", put.value);
    form.add_field("metadata", put.metadata);
    call.content_type = form.content_type();
    call.body = form.finish();
  }
  session_.client().call(call);
}

void RemoteKv::get(const std::string& space, const std::string& key,
                   const std::function<void(std::string_view)>& sink) {
  if (download(space, key, sink)) return;
  throw Error("Value not found").hint("`cwrangler kv key list --remote` lists the keys.");
}

std::optional<std::string> RemoteKv::find(const std::string& space, const std::string& key) {
  std::string value;
  if (!download(space, key, [&value](std::string_view piece) { value += piece; })) {
    return std::nullopt;
  }
  return value;
}

bool RemoteKv::download(const std::string& space, const std::string& key,
                        const std::function<void(std::string_view)>& sink) {
  constexpr int kNotFound = 404;
  try {
    session_.client().download(session_.account().path(value_path(space, key)), sink);
    return true;
  } catch (const ApiError& error) {
    if (error.status() != kNotFound) throw;
    return false;
  }
}

void RemoteKv::remove(const std::string& space, const std::string& key) {
  session_.account().remove(value_path(space, key));
}

std::vector<ApiJson> RemoteKv::keys(const std::string& space, const std::string& prefix) {
  Query query;
  if (!prefix.empty()) query.emplace_back("prefix", prefix);
  return session_.client().list(session_.account().path(namespace_path(space, "/keys")), query);
}

size_t RemoteKv::put_all(const std::string& space, const ApiJson& entries) {
  constexpr size_t kGroup = 1000;
  for (size_t begin = 0; begin < entries.size(); begin += kGroup) {
    ApiJson group = ApiJson::array();
    for (size_t i = begin; i < std::min(begin + kGroup, entries.size()); ++i) {
      group.push_back(entries[i]);
    }
    session_.account().put(namespace_path(space, "/bulk"), group);
  }
  return entries.size();
}

size_t RemoteKv::remove_all(const std::string& space, const std::vector<std::string>& names) {
  if (!names.empty()) {
    session_.account().post(namespace_path(space, "/bulk/delete"), ApiJson(names), Retry::always);
  }
  return names.size();
}

}  // namespace cwrangler::cli
