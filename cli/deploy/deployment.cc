#include "cli/deploy/deployment.h"

#include <algorithm>

#include "cli/api/json_access.h"

namespace cwrangler::cli {
namespace {

constexpr int kWorkflowNotFound = 10200;
constexpr int kNotFound = 404;

/// The result of a read; nothing when the API says that there is no such thing.
std::optional<ApiJson> get_if_there(const Account& account, const std::string& below,
                                    const Query& query = {}) {
  try {
    return account.get(below, query);
  } catch (const ApiError& error) {
    if (says_no_such_worker(error) || error.has_code(kWorkflowNotFound) ||
        error.status() == kNotFound) {
      return std::nullopt;
    }
    throw;
  }
}

std::vector<std::string> strings_at(const ApiJson& json, const char* key) {
  std::vector<std::string> strings;
  for (const ApiJson& item : array_at(json, key)) {
    if (item.is_string()) strings.push_back(item.get<std::string>());
  }
  return strings;
}

/// Warns and asks; no is the end of the deployment.
bool go_on_after(const DeployContext& context, const std::string& warning) {
  context.terminal.print_warning(warning);
  return context.confirm("Would you like to continue?");
}

bool check_origin(const DeployContext& context, const DeployedWorker& worker) {
  if (worker.last_deployed_from == "dash") {
    return go_on_after(context,
                       "You are about to publish a Workers Service that was last published via "
                       "the Cloudflare Dashboard.\nEdits that have been made via the dashboard "
                       "will be overridden by your local code and config.");
  }
  if (worker.last_deployed_from == "api") {
    return go_on_after(context,
                       "You are about to publish a Workers Service that was last updated via the "
                       "script API.\nEdits that have been made via the script API will be "
                       "overridden by your local code and config.");
  }
  return true;
}

bool check_secrets(const DeployContext& context, const UploadOptions& options) {
  std::vector<std::string> names;
  for (const auto& variable : context.config.variables) names.push_back(variable.binding.name);
  for (const auto& binding : context.config.bindings) names.push_back(binding.binding.name);
  for (const auto& variable : options.variables) names.push_back(variable.first);
  if (names.empty()) return true;
  const auto secrets = get_if_there(context.account, worker_path(context.config.name, "/secrets"));
  if (!secrets || !secrets->is_array()) return true;
  for (const ApiJson& secret : *secrets) {
    const std::string name = string_at(secret, "name");
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    if (!go_on_after(context, "Environment variable `" + name +
                                  "` conflicts with an existing remote secret. This deployment "
                                  "will replace the remote secret with your environment "
                                  "variable.")) {
      return false;
    }
  }
  return true;
}

bool check_workflows(const DeployContext& context) {
  for (const ConfiguredBinding& configured : context.config.bindings) {
    const ApiJson properties(configured.binding.properties);
    const std::string workflow = string_at(properties, "workflow_name");
    const std::string script = string_at(properties, "script_name");
    if (workflow.empty() || (!script.empty() && script != context.config.name)) continue;
    const auto known = get_if_there(context.account, "/workflows/" + percent_encoded(workflow));
    const std::string owner = known ? string_at(*known, "script_name") : "";
    if (owner.empty() || owner == context.config.name) continue;
    if (!go_on_after(context, "The workflow \"" + workflow + "\" belongs to the Worker \"" + owner +
                                  "\". Deploying makes it run \"" + context.config.name +
                                  "\" instead.")) {
      return false;
    }
  }
  return true;
}

bool check_gradual_deployment(const DeployContext& context) {
  const auto known =
      get_if_there(context.account, worker_path(context.config.name, "/deployments"));
  const ApiJson deployments = known ? array_at(*known, "deployments") : ApiJson::array();
  if (deployments.empty() || array_at(deployments.front(), "versions").size() < 2) return true;
  return go_on_after(context,
                     "Your last deployment has multiple versions. To progress that deployment use "
                     "`cwrangler versions deploy` instead of `cwrangler deploy`.\nDeploying now "
                     "gives all traffic to the new version.");
}

/// The account's part of the address under which Workers are reached at first.
void check_subdomain(const DeployContext& context) {
  try {
    context.account.get("/workers/subdomain");
  } catch (ApiError& error) {
    if (!error.has_code(kWorkerNotFound)) throw;
    throw Error("The account has no workers.dev subdomain yet")
        .while_doing("deploying to workers.dev")
        .hint(
            "Open Workers in the dashboard once, or choose a name with `cwrangler api PUT "
            "'/accounts/{account_id}/workers/subdomain' -f subdomain=NAME`. With \"workers_dev\": "
            "false the Worker needs none.");
  }
}

bool wants_workers_dev(const Config& config) {
  const auto wanted = config.settings.find("workers_dev");
  if (wanted != config.settings.end() && wanted->is_boolean()) return wanted->get<bool>();
  return config.routes.empty();
}

/// Of the deployed Worker's bindings, the one of that name and type.
const ApiJson* existing_binding(const ApiJson& settings, const std::string& name,
                                const std::string& type) {
  const ApiJson& bindings = value_at(settings, "bindings");
  if (!bindings.is_array()) return nullptr;
  for (const ApiJson& binding : bindings) {
    if (string_at(binding, "name") == name && string_at(binding, "type") == type) return &binding;
  }
  return nullptr;
}

/// The name of a resource that has none: "worker-binding".
std::string default_name(const Config& config, const std::string& binding) {
  std::string name = config.name + "-" + binding;
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

void announce(Terminal& terminal, const std::string& binding, const std::string& kind,
              const std::string& name) {
  terminal.print("Provisioning " + binding + " (" + kind + ")...");
  terminal.print("🌀 Creating new " + kind + " \"" + printable(name) + "\"...");
}

void provision_bucket(const DeployContext& context, ApiJson& binding) {
  const std::string name = string_at(binding, "name");
  std::string bucket = string_at(binding, "bucket_name");
  if (bucket.empty()) bucket = default_name(context.config, name);
  binding["bucket_name"] = bucket;
  if (get_if_there(context.account, "/r2/buckets/" + percent_encoded(bucket))) return;
  announce(context.terminal, name, "R2 Bucket", bucket);
  context.account.post("/r2/buckets", {{"name", bucket}});
  context.terminal.print("✨ " + name + " provisioned 🎉");
}

void provision_queue(const DeployContext& context, const ApiJson& binding) {
  const std::string queue = string_at(binding, "queue_name");
  const ApiJson found = context.account.get("/queues", {{"name", queue}, {"page", "1"}});
  if (!found.is_array() || !found.empty()) return;
  announce(context.terminal, string_at(binding, "name"), "Queue", queue);
  context.account.post("/queues", {{"queue_name", queue}});
  context.terminal.print("✨ " + string_at(binding, "name") + " provisioned 🎉");
}

/// A namespace or database without an id: made under a name of its own.
void provision_by_id(const DeployContext& context, ApiJson& binding) {
  const bool is_database = string_at(binding, "type") == "d1";
  const std::string name = string_at(binding, "name");
  std::string title = default_name(context.config, name);
  for (const ConfiguredBinding& configured : context.config.bindings) {
    if (configured.binding.name != name) continue;
    const std::string given = string_at(ApiJson(configured.settings), "database_name");
    if (!given.empty()) title = given;
  }
  announce(context.terminal, name, is_database ? "D1 Database" : "KV Namespace", title);
  if (is_database) {
    binding["id"] = string_at(context.account.post("/d1/database", {{"name", title}}), "uuid");
  } else {
    binding["namespace_id"] =
        string_at(context.account.post("/storage/kv/namespaces", {{"title", title}}), "id");
  }
  context.terminal.print("✨ " + name + " provisioned 🎉");
}

}  // namespace

std::string worker_path(const std::string& name, const std::string& below) {
  return "/workers/scripts/" + percent_encoded(name) + below;
}

DeployedWorker find_worker(const Account& account, const std::string& name) {
  DeployedWorker worker;
  const auto service = get_if_there(account, "/workers/services/" + percent_encoded(name));
  if (!service) return worker;
  worker.exists = true;
  const ApiJson environment = object_at(*service, "default_environment");
  const ApiJson script = object_at(environment, "script");
  if (const std::string named = string_at(environment, "environment"); !named.empty()) {
    worker.environment = named;
  }
  worker.tag = string_at(script, "tag");
  worker.tags = strings_at(script, "tags");
  worker.last_deployed_from = string_at(script, "last_deployed_from");
  worker.migration_tag = string_at(script, "migration_tag");
  return worker;
}

std::optional<ApiJson> find_settings(const Account& account, const std::string& name) {
  return get_if_there(account, worker_path(name, "/settings"));
}

bool check_before_deployment(const DeployContext& context, const DeployedWorker& worker,
                             const UploadOptions& options) {
  if (!check_origin(context, worker) || !check_secrets(context, options) ||
      !check_workflows(context)) {
    return false;
  }
  if (!worker.exists && wants_workers_dev(context.config)) check_subdomain(context);
  return check_gradual_deployment(context);
}

std::optional<std::vector<std::string>> service_tags(const Config& config,
                                                     const DeployedWorker& worker) {
  if (config.environments.empty()) return std::nullopt;
  std::vector<std::string> tags;
  // Others' tags stay.
  for (const std::string& tag : worker.tags) {
    if (!tag.starts_with("cf:service=") && !tag.starts_with("cf:environment=")) {
      tags.push_back(tag);
    }
  }
  tags.push_back("cf:service=" + config.top_level_name);
  if (!config.environment.empty()) tags.push_back("cf:environment=" + config.environment);
  return tags;
}

void provision(const DeployContext& context, const std::optional<ApiJson>& settings,
               std::vector<ApiJson>& bindings) {
  const ApiJson known = settings.value_or(ApiJson::object());
  for (ApiJson& binding : bindings) {
    const std::string name = string_at(binding, "name");
    const std::string type = string_at(binding, "type");
    const ApiJson* existing = existing_binding(known, name, type);
    const auto is_existing = [&](const char* property) {
      return existing != nullptr &&
             (string_at(binding, property).empty() ||
              string_at(*existing, property) == string_at(binding, property));
    };
    if (type == "queue") {
      if (is_existing("queue_name")) {
        binding = {{"name", name}, {"type", "inherit"}};
      } else {
        provision_queue(context, binding);
      }
    } else if (type == "r2_bucket") {
      if (!is_existing("bucket_name")) {
        provision_bucket(context, binding);
      } else if (string_at(binding, "bucket_name").empty()) {
        binding = {{"name", name}, {"type", "inherit"}};
      }
    } else if (type == "kv_namespace" || type == "d1") {
      const char* id = type == "d1" ? "id" : "namespace_id";
      if (!string_at(binding, id).empty()) continue;
      if (existing != nullptr) {
        binding = {{"name", name}, {"type", "inherit"}};
      } else {
        provision_by_id(context, binding);
      }
    }
  }
}

std::string hyphenated(const std::string& id) {
  constexpr size_t kDigits = 32;
  if (id.size() != kDigits || id.find('-') != id.npos) return id;
  return id.substr(0, 8) + "-" + id.substr(8, 4) + "-" + id.substr(12, 4) + "-" + id.substr(16, 4) +
         "-" + id.substr(20);
}

}  // namespace cwrangler::cli
