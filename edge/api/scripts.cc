// Workers as a whole: upload and deploy at once, what is known of them, deletion.

#include <algorithm>

#include "base/files.h"
#include "edge/api/publish.h"
#include "edge/api/routes.h"
#include "edge/api/runnable.h"
#include "edge/http/multipart.h"

namespace cwrangler::edge {
namespace {

std::string without_hyphens(std::string id) {
  std::erase(id, '-');
  return id;
}

Json script_json(const Worker& worker, const std::optional<Version>& version) {
  Json script{{"id", worker.name},
              {"tag", worker.tag},
              {"created_on", api_time(worker.created)},
              {"modified_on", api_time(worker.modified)},
              {"usage_model", "standard"},
              {"has_modules", true},
              {"has_assets", false},
              {"handlers", Json::array({"fetch"})},
              {"named_handlers", Json::array()},
              {"migration_tag", worker.migration_tag},
              {"tags", worker.settings.value("tags", Json::array())},
              {"logpush", worker.settings.value("logpush", false)}};
  if (version) {
    script["etag"] = version->etag;
    script["has_assets"] = !version->assets.is_null();
    script["entry_point"] = version->metadata.value("main_module", std::string());
    script["compatibility_date"] = version->metadata.value("compatibility_date", std::string());
    script["last_deployed_from"] = version->source == "cwrangler" ? "wrangler" : version->source;
  }
  return script;
}

std::optional<Version> served_version(Work& work, const Worker& worker) {
  const auto deployed = active_deployment(work, worker.account, worker.name);
  if (!deployed) return newest_version(work, worker.account, worker.name);
  return find_version(work, worker.account, worker.name, deployed->versions.front().version);
}

HttpResponse put(Call& call) {
  const Upload upload = read_upload(call);
  const std::string& name = call.part("worker");
  const auto lock = call.services.worker_locks.take(call.account(), name);
  const Version version = add_uploaded_version(call, name, upload);
  deploy_versions(call, name, {{version.id, 100}}, {{"workers/triggered_by", "upload"}});
  Work work = call.services.database.read();
  Json script = script_json(required_worker(work, call), version);
  script["startup_time_ms"] = version.startup_ms;
  script["deployment_id"] = without_hyphens(version.id);
  return success(script);
}

HttpResponse list(Call& call) {
  Work work = call.services.database.read();
  Json scripts = Json::array();
  for (const Worker& worker : list_workers(work, call.account())) {
    scripts.push_back(script_json(worker, served_version(work, worker)));
  }
  return success(scripts);
}

HttpResponse remove(Call& call) {
  const std::string& name = call.part("worker");
  const auto lock = call.services.worker_locks.take(call.account(), name);
  {
    Work work = call.services.database.write();
    if (!delete_worker(work, call.account(), name)) {
      throw ApiError(404, api_code::kNoWorker, "This Worker does not exist on your account.");
    }
    work.commit();
  }
  call.services.serving.remove(call.account(), name);
  call.services.tails.end_all(call.account(), name);
  return success(nullptr);
}

/// What a client needs to know before it deploys over it.
HttpResponse service(Call& call) {
  Work work = call.services.database.read();
  const auto worker = find_worker(work, call.account(), call.part("worker"));
  if (!worker) {
    throw ApiError(404, api_code::kNoService, "workers.api.error.service_not_found");
  }
  Json script = script_json(*worker, served_version(work, *worker));
  if (worker->migration_tag.empty()) script.erase("migration_tag");
  return success({{"id", worker->name},
                  {"created_on", api_time(worker->created)},
                  {"modified_on", api_time(worker->modified)},
                  {"default_environment",
                   {{"environment", "production"},
                    {"created_on", api_time(worker->created)},
                    {"modified_on", api_time(worker->modified)},
                    {"script", script}}},
                  {"environments", Json::array()}});
}

HttpResponse settings_of(Call& call) {
  Work work = call.services.database.read();
  const Worker worker = required_worker(work, call);
  const auto version = served_version(work, worker);
  Json result{{"bindings", Json::array()},
              {"tags", worker.settings.value("tags", Json::array())},
              {"usage_model", "standard"},
              {"logpush", worker.settings.value("logpush", false)}};
  if (version) {
    result["bindings"] = version->bindings;
    result["compatibility_date"] = version->metadata.value("compatibility_date", std::string());
    result["compatibility_flags"] = version->metadata.value("compatibility_flags", Json::array());
    result["etag"] = version->etag;
  }
  return success(result);
}

/// Other bindings, without an upload: how older clients change many secrets at once.
HttpResponse change_settings(Call& call) {
  Json settings;
  try {
    for (const FormPart& part : parse_multipart(call.request.header("Content-Type").value_or(""),
                                                call.request.body.view(), 1)) {
      if (part.name == "settings") settings = parse_json(part.content);
    }
  } catch (const Error& error) {
    throw ApiError(400, api_code::kBadBody, "The settings cannot be read: " + error.problem());
  }
  if (!settings.is_object()) {
    throw ApiError(400, api_code::kBadBody, "The form has no part \"settings\" with an object");
  }
  check_bindings(settings);
  const std::string& name = call.part("worker");
  const auto lock = call.services.worker_locks.take(call.account(), name);
  {
    Work work = call.services.database.read();
    required_worker(work, call);
  }
  const Version version = add_version_with_bindings(call, name, settings);
  deploy_versions(call, name, {{version.id, 100}}, Json::object());
  return settings_of(call);
}

Json script_settings_json(const Worker& worker) {
  return {{"logpush", worker.settings.value("logpush", false)},
          {"tail_consumers", worker.settings.value("tail_consumers", Json())},
          {"observability", worker.settings.value("observability", Json())},
          {"tags", worker.settings.value("tags", Json::array())}};
}

HttpResponse script_settings(Call& call) {
  Work work = call.services.database.read();
  return success(script_settings_json(required_worker(work, call)));
}

HttpResponse change_script_settings(Call& call) {
  const Json body = call.json_object();
  Work work = call.services.database.write();
  Worker worker = required_worker(work, call);
  for (const char* key : {"tags", "logpush", "tail_consumers", "observability"}) {
    if (body.contains(key)) worker.settings[key] = body[key];
  }
  save_worker(work, worker);
  work.commit();
  return success(script_settings_json(worker));
}

/// The newer face of a Worker: its id may be its name or its tag.
HttpResponse worker(Call& call) {
  Work work = call.services.database.read();
  const Worker found = required_worker(work, call);
  return success(
      {{"id", found.tag},
       {"name", found.name},
       {"created_on", api_time(found.created)},
       {"updated_on", api_time(found.modified)},
       {"subdomain",
        {{"enabled", found.subdomain_enabled}, {"previews_enabled", found.previews_enabled}}},
       {"observability", found.settings.value("observability", Json::object())},
       {"logpush", found.settings.value("logpush", false)},
       {"tags", found.settings.value("tags", Json::array())},
       {"tail_consumers", Json::array()},
       {"references", Json::object()}});
}

HttpResponse references(Call& call) {
  Work work = call.services.database.read();
  required_worker(work, call);
  return success({{"services", {{"incoming", Json::array()}, {"outgoing", Json::array()}}},
                  {"durable_objects", Json::array()},
                  {"dispatch_outbounds", Json::array()},
                  {"workers", Json::array()}});
}

HttpResponse nothing(Call&) {
  return success(Json::array());
}

/// The newest version's modules, as they were uploaded: `versions secret` uploads them again.
HttpResponse content(Call& call) {
  std::optional<Version> version;
  {
    Work work = call.services.database.read();
    const Worker found = required_worker(work, call);
    const std::string id = call.query_value("version");
    version = id.empty() ? served_version(work, found)
                         : find_version(work, call.account(), found.name, id);
  }
  if (!version) throw ApiError(404, api_code::kNoVersion, "workers.api.error.version_not_found");
  const std::string boundary = "cwrangler-" + random_hex(16);
  const auto quoted = [](const std::string& name) {
    std::string text;
    for (const char c : name) text += c == '"' ? "%22" : std::string(1, c);
    return text;
  };
  std::string form;
  for (const StoredModule& module : version->modules) {
    const std::string name = quoted(module.name);
    form += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name +
            "\"; filename=\"" + name + "\"\r\nContent-Type: " + module.content_type + "\r\n\r\n" +
            read_file(call.services.blobs.path(module.sha256)) + "\r\n";
  }
  form += "--" + boundary + "--\r\n";
  HttpResponse response;
  response.headers = {{"Content-Type", "multipart/form-data; boundary=" + boundary},
                      {"cf-entrypoint", version->metadata.value("main_module", std::string())}};
  response.body = std::move(form);
  return response;
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/!/workers/scripts", "workers", false, list},
    {"PUT", "/!/workers/scripts/:worker", "workers", true, put},
    {"DELETE", "/!/workers/scripts/:worker", "workers", true, remove},
    {"GET", "/!/workers/scripts/:worker", "workers", false, content},
    {"GET", "/!/workers/scripts/:worker/content/v2", "workers", false, content},
    {"GET", "/!/workers/scripts/:worker/settings", "workers", false, settings_of},
    {"PATCH", "/!/workers/scripts/:worker/settings", "workers", true, change_settings},
    {"GET", "/!/workers/scripts/:worker/script-settings", "workers", false, script_settings},
    {"PATCH", "/!/workers/scripts/:worker/script-settings", "workers", true,
     change_script_settings},
    {"GET", "/!/workers/scripts/:worker/references", "workers", false, references},
    {"GET", "/!/workers/services/:worker", "workers", false, service},
    {"DELETE", "/!/workers/services/:worker", "workers", true, remove},
    {"GET", "/!/workers/services/:worker/environments/:environment/settings", "workers", false,
     settings_of},
    {"GET", "/!/workers/workers/:worker", "workers", false, worker},
    {"GET", "/!/workers/tails/by-consumer/:worker", "workers", false, nothing},
    {"GET", "/!/workers/durable_objects/namespaces", "workers", false, nothing},
};

}  // namespace

std::span<const ApiRoute> worker_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
