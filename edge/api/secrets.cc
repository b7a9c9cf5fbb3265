// Secrets: each change is a new version that is deployed at once, as on Cloudflare.

#include <algorithm>

#include "edge/api/publish.h"
#include "edge/api/routes.h"

namespace cwrangler::edge {
namespace {

Json listed(const std::string& name) {
  return {{"name", name}, {"type", "secret_text"}};
}

std::optional<Version> current_version(Work& work, const Call& call) {
  const std::string& worker = call.part("worker");
  const auto deployed = active_deployment(work, call.account(), worker);
  return deployed ? find_version(work, call.account(), worker, deployed->versions.front().version)
                  : newest_version(work, call.account(), worker);
}

void change(Call& call, const Json& changes) {
  const std::string& worker = call.part("worker");
  const auto lock = call.services.worker_locks.take(call.account(), worker);
  {
    Work work = call.services.database.read();
    required_worker(work, call);
  }
  const Version version = add_version_with_secrets(call, worker, changes);
  deploy_versions(call, worker, {{version.id, 100}}, {{"workers/triggered_by", "secret"}});
}

void check_name(const std::string& name) {
  if (name.empty() || name.size() > 255) {
    throw ApiError(400, api_code::kBadBody, "A secret's name has 1 to 255 characters");
  }
}

HttpResponse put(Call& call) {
  const Json body = call.json_object();
  const std::string name = required_text(body, "name");
  check_name(name);
  change(call, {{name, required_text(body, "text")}});
  return success(listed(name));
}

HttpResponse list(Call& call) {
  Work work = call.services.database.read();
  required_worker(work, call);
  Json names = Json::array();
  const auto version = current_version(work, call);
  if (version) {
    for (const Json& binding : version->bindings) {
      if (binding["type"] == "secret_text") names.push_back(listed(binding["name"]));
    }
  }
  return success(names);
}

bool has_secret(Call& call, const std::string& name) {
  Work work = call.services.database.read();
  required_worker(work, call);
  const auto version = current_version(work, call);
  return version && version->secrets.contains(name);
}

HttpResponse get(Call& call) {
  if (!has_secret(call, call.part("name"))) {
    throw ApiError(404, api_code::kNoSecret, "Secret not found");
  }
  return success(listed(call.part("name")));
}

HttpResponse remove(Call& call) {
  const std::string& name = call.part("name");
  if (!has_secret(call, name)) throw ApiError(404, api_code::kNoSecret, "Secret not found");
  change(call, {{name, nullptr}});
  return success(nullptr);
}

HttpResponse bulk(Call& call) {
  const Json body = call.json_object();
  const auto secrets = body.find("secrets");
  if (secrets == body.end() || !secrets->is_object()) {
    throw ApiError(400, api_code::kBadBody, "\"secrets\" must be an object");
  }
  Json changes = Json::object();
  for (const auto& [name, secret] : secrets->items()) {
    check_name(name);
    if (secret.is_null()) {
      changes[name] = nullptr;
    } else if (secret.is_object()) {
      changes[name] = required_text(secret, "text");
    } else {
      throw ApiError(400, api_code::kBadBody, "The secret \"" + name + "\" must be an object");
    }
  }
  change(call, changes);
  return list(call);
}

constexpr ApiRoute kRoutes[] = {
    {"PUT", "/!/workers/scripts/:worker/secrets", "workers", true, put},
    {"GET", "/!/workers/scripts/:worker/secrets", "workers", false, list},
    {"GET", "/!/workers/scripts/:worker/secrets/:name", "workers", false, get},
    {"DELETE", "/!/workers/scripts/:worker/secrets/:name", "workers", true, remove},
    {"PATCH", "/!/workers/scripts/:worker/secrets-bulk", "workers", true, bulk},
};

}  // namespace

std::span<const ApiRoute> secret_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
