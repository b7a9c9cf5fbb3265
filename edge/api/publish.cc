#include "edge/api/publish.h"

#include <algorithm>
#include <set>

#include "base/uuid.h"
#include "edge/api/runnable.h"
#include "edge/api/secret_context.h"
#include "edge/api/uploaded_assets.h"
#include "edge/api/uploaded_snapshot.h"
#include "edge/store/resources.h"

namespace cwrangler::edge {
namespace {

ApiError invalid(const std::string& message) {
  return {400, api_code::kInvalidScript, message};
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Throws for a binding whose resource the account has not.
void check_resource(Work& work, const std::string& account, const Json& binding) {
  const std::string type = text_of(binding, "type");
  const std::string name = text_of(binding, "name");
  const auto missing = [&](std::string_view kind, const std::string& id, bool by_name) {
    return id.empty() || !(by_name ? find_resource_by_name(work, kind, account, id)
                                   : find_resource(work, kind, account, id));
  };
  if (type == "kv_namespace") {
    const std::string id = text_of(binding, "namespace_id");
    if (missing(kKvNamespace, id, false)) {
      throw ApiError(400, 10041, "KV namespace '" + id + "' not found (binding " + name + ")");
    }
  } else if (type == "d1") {
    if (missing(kD1Database, text_of(binding, "id"), false)) {
      throw invalid("binding " + name + " of type d1 must have a valid `id` specified");
    }
  } else if (type == "r2_bucket") {
    const std::string bucket = text_of(binding, "bucket_name");
    if (missing(kR2Bucket, bucket, true)) {
      throw ApiError(400, 10085, "R2 bucket '" + bucket + "' not found (binding " + name + ")");
    }
  } else if (type == "queue") {
    const std::string queue = text_of(binding, "queue_name");
    if (missing(kQueue, queue, true)) {
      throw ApiError(400, api_code::kNoQueue,
                     "Queue \"" + queue + "\" does not exist (binding " + name + ")");
    }
  }
}

const Json* find_binding(const Version& version, std::string_view name) {
  for (const Json& binding : version.bindings) {
    if (binding.at("name") == name) return &binding;
  }
  return nullptr;
}

/// Older clients keep a binding by its name and type alone.
bool is_only_named(const std::optional<Version>& before, const Json& binding) {
  if (!before || binding.size() != 2) return false;
  const Json* const known = find_binding(*before, text_of(binding, "name"));
  return known != nullptr && known->at("type") == binding["type"];
}

/// Fills in bindings, and the secrets that they and earlier versions have.
void resolve_bindings(Call& call, Work& work, const std::optional<Version>& before,
                      const Json& metadata, Version& version) {
  if (before) version.secrets = before->secrets;
  std::set<std::string, std::less<>> names;
  for (const Json& uploaded : metadata.value("bindings", Json::array())) {
    Json binding = uploaded;
    const std::string name = text_of(binding, "name");
    const std::string type = text_of(binding, "type");
    names.insert(name);
    if (type == "inherit" || is_only_named(before, binding)) {
      const std::string old_name = text_of(binding, "old_name");
      const Json* const kept =
          before ? find_binding(*before, old_name.empty() ? name : old_name) : nullptr;
      if (kept == nullptr) {
        throw ApiError(400, api_code::kNoInherited,
                       "The binding \"" + name +
                           "\" cannot be inherited: the Worker has none of "
                           "that name");
      }
      binding = *kept;
      binding["name"] = name;
      if (binding["type"] == "secret_text" && !old_name.empty()) {
        version.secrets[name] = call.services.seal.close(
            call.services.seal.open(before->secrets.at(old_name).get<std::string>(),
                                    secret_context(version, old_name)),
            secret_context(version, name));
      }
    } else if (type == "secret_text") {
      if (!binding.contains("text") || !binding["text"].is_string()) {
        throw invalid("The secret \"" + name + "\" has no text");
      }
      version.secrets[name] = call.services.seal.close(binding["text"].get<std::string>(),
                                                       secret_context(version, name));
      binding.erase("text");
    } else {
      check_resource(work, call.account(), binding);
    }
    version.bindings.push_back(std::move(binding));
  }
  // Another binding of its name ends a secret.
  for (const Json& binding : version.bindings) {
    if (binding.at("type") != "secret_text") version.secrets.erase(text_of(binding, "name"));
  }
  if (!before) return;
  const Json keep = metadata.value("keep_bindings", Json::array());
  for (const Json& binding : before->bindings) {
    const std::string name = text_of(binding, "name");
    const bool is_kept = binding.at("type") == "secret_text" ||
                         std::find(keep.begin(), keep.end(), binding.at("type")) != keep.end();
    if (is_kept && !names.contains(name)) version.bindings.push_back(binding);
  }
}

Json checked_migrations(const Json& metadata, Worker& worker) {
  const auto migrations = metadata.find("migrations");
  if (migrations == metadata.end() || migrations->is_null()) return nullptr;
  const std::string old_tag = text_of(*migrations, "old_tag");
  if (old_tag != worker.migration_tag) {
    throw ApiError(412, 10079,
                   "Migration tag precondition failed; expected tag \"" + old_tag + "\", got \"" +
                       worker.migration_tag + "\"");
  }
  worker.migration_tag = text_of(*migrations, "new_tag");
  return *migrations;
}

/// Starts it in a process of its own. Throws ApiError when it does not.
void try_out(Call& call, Version& version, const OfferedSnapshot& snapshot = {}) {
  WorkerVersion runnable;
  {
    Work work = call.services.database.read();
    runnable = *runnable_version(call.services, work, version);
  }
  runnable.config.snapshot = snapshot;
  try {
    version.startup_ms = call.services.serving.validate(runnable).startup_ms;
  } catch (const StartFailure& failure) {
    std::string message = "Worker failed to start: " + failure.problem();
    if (!failure.traceback().empty()) message = failure.traceback();
    throw invalid(message);
  }
}

void try_out_upload(Call& call, const Upload& upload, Version& version) {
  if (upload.snapshot.empty()) {
    try_out(call, version);
    return;
  }
  const UploadedSnapshot snapshot(call.services.folder / "cache" / "uploaded", upload.snapshot,
                                  upload.snapshot_identity);
  try_out(call, version, snapshot.offer());
}

Worker new_worker(const Call& call, const std::string& name) {
  Worker worker;
  worker.account = call.account();
  worker.name = name;
  worker.tag = random_hex(16);
  worker.created = now_ms();
  worker.modified = worker.created;
  return worker;
}

Version begin_version(const Call& call, const std::string& worker) {
  Version version;
  version.id = random_uuid();
  version.account = call.account();
  version.worker = worker;
  version.created = now_ms();
  version.source = source_of(call.request);
  version.author = call.caller.name;
  return version;
}

void keep_modules(Call& call, const Upload& upload, Version& version) {
  std::string digests;
  for (const UploadedModule& module : upload.modules) {
    const std::string sha256 = call.services.blobs.keep(module.content);
    digests += module.name + '\0' + sha256 + '\n';
    version.modules.push_back({module.name, module.content_type, sha256,
                               static_cast<std::int64_t>(module.content.size())});
  }
  version.etag = sha256_hex(digests);
}

void check_worker_name(const std::string& name) {
  const bool is_name =
      name.size() <= 63 && !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (!is_name) {
    throw ApiError(400, 10016,
                   "\"" + name +
                       "\" cannot be a Worker's name: it is 1 to 63 lower-case letters, "
                       "digits, - and _");
  }
}

/// A new version like the one that is deployed: one that was only uploaded stays as it is.
Version copy_of_current(Call& call, Work& work, const std::string& name) {
  const auto deployed = active_deployment(work, call.account(), name);
  std::optional<Version> current =
      deployed ? find_version(work, call.account(), name, deployed->versions.front().version)
               : newest_version(work, call.account(), name);
  if (!current) {
    throw ApiError(404, api_code::kNoWorker, "This Worker does not exist on your account.");
  }
  const Version fresh = begin_version(call, name);
  current->id = fresh.id;
  current->created = fresh.created;
  current->source = fresh.source;
  current->author = fresh.author;
  return std::move(*current);
}

void keep_version(Call& call, Version& version) {
  if (!is_placeholder(version)) try_out(call, version);
  Work work = call.services.database.write();
  add_version(work, version);
  work.commit();
}

}  // namespace

std::string source_of(const HttpRequest& request) {
  const std::string_view agent = request.header("User-Agent").value_or("");
  if (agent.starts_with("wrangler/")) return "wrangler";
  if (agent.starts_with("cwrangler/")) return "cwrangler";
  return "api";
}

Version add_uploaded_version(Call& call, const std::string& name, const Upload& upload) {
  check_worker_name(name);
  Version version = begin_version(call, name);
  version.annotations = upload.metadata.value("annotations", Json::object());
  version.metadata = upload.metadata;
  for (const char* key : {"bindings", "keep_bindings", "annotations", "migrations", "assets"}) {
    version.metadata.erase(key);
  }
  Worker worker;
  {
    Work work = call.services.database.read();
    worker = find_worker(work, call.account(), name).value_or(new_worker(call, name));
    const auto before = newest_version(work, call.account(), name);
    resolve_bindings(call, work, before, upload.metadata, version);
    version.assets = uploaded_assets(call, work, upload.metadata, before);
  }
  checked_migrations(upload.metadata, worker);
  keep_modules(call, upload, version);
  if (!upload.is_placeholder()) try_out_upload(call, upload, version);

  Work work = call.services.database.write();
  worker.modified = version.created;
  for (const char* key : {"tail_consumers", "logpush", "observability"}) {
    if (upload.metadata.contains(key)) worker.settings[key] = upload.metadata[key];
  }
  save_worker(work, worker);
  add_version(work, version);
  work.commit();
  return version;
}

Version add_version_with_bindings(Call& call, const std::string& name, const Json& settings) {
  Version version;
  {
    Work work = call.services.database.read();
    version = copy_of_current(call, work, name);
    const Version before = version;
    version.bindings = Json::array();
    resolve_bindings(call, work, before, settings, version);
  }
  version.annotations = Json::object();
  keep_version(call, version);
  return version;
}

Version add_version_with_secrets(Call& call, const std::string& name, const Json& changes) {
  Version version;
  {
    Work work = call.services.database.read();
    version = copy_of_current(call, work, name);
  }
  version.annotations = {{"workers/triggered_by", "secret"}};
  for (const auto& [secret, text] : changes.items()) {
    const auto bound = std::find_if(version.bindings.begin(), version.bindings.end(),
                                    [&](const Json& binding) { return binding["name"] == secret; });
    if (bound != version.bindings.end() && bound->at("type") != "secret_text") {
      throw ApiError(400, 10053,
                     "Binding name '" + secret +
                         "' already in use. Please use a different name "
                         "and try again.");
    }
    if (text.is_null()) {
      version.secrets.erase(secret);
      if (bound != version.bindings.end()) {
        version.bindings.erase(static_cast<size_t>(bound - version.bindings.begin()));
      }
      continue;
    }
    version.secrets[secret] =
        call.services.seal.close(text.get<std::string>(), secret_context(version, secret));
    if (bound == version.bindings.end()) {
      version.bindings.push_back({{"name", secret}, {"type", "secret_text"}});
    }
  }
  keep_version(call, version);
  return version;
}

Deployment deploy_versions(Call& call, const std::string& name,
                           const std::vector<DeployedShare>& shares, const Json& annotations) {
  Deployment deployment;
  deployment.id = random_uuid();
  deployment.account = call.account();
  deployment.worker = name;
  deployment.created = now_ms();
  deployment.source = source_of(call.request);
  deployment.author = call.caller.name;
  deployment.annotations = annotations;
  deployment.versions = shares;
  {
    Work work = call.services.database.write();
    add_deployment(work, deployment);
    work.commit();
  }
  serve_worker(call.services, call.account(), name);
  return deployment;
}

}  // namespace cwrangler::edge
