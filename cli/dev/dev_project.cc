#include "cli/dev/dev_project.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>

#include "cli/dev/binding_table.h"
#include "cli/dev/log_lines.h"
#include "cli/dev/upstream.h"
#include "cli/packages/dependencies.h"
#include "cli/terminal/columns.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// The configuration's key that tells a binding from others of its kind, by type.
const std::map<std::string, const char*, std::less<>> kDetailKeys = {
    {"kv_namespace", "id"},
    {"d1", "database_name"},
    {"r2_bucket", "bucket_name"},
    {"durable_object_namespace", "class_name"},
    {"workflow", "class_name"},
    {"queue", "queue"},
    {"service", "service"},
    {"vectorize", "index_name"},
    {"hyperdrive", "id"},
    {"analytics_engine", "dataset"},
    {"secrets_store_secret", "secret_name"},
};

std::string detail_of(const ConfiguredBinding& configured) {
  const auto key = kDetailKeys.find(configured.binding.type);
  if (key == kDetailKeys.end() || !configured.settings.is_object()) return {};
  return text_field(configured.settings, key->second);
}

/// Types of which a local run can use the account's.
constexpr std::array<std::string_view, 5> kRemoteTypes{"d1", "kv_namespace", "queue", "r2_bucket",
                                                       "vectorize"};

/// Types that the runtime has on this machine.
constexpr std::array<std::string_view, 12> kLocalTypes{
    "analytics_engine", "assets",  "d1",        "hyperdrive",
    "kv_namespace",     "queue",   "r2_bucket", "ratelimit",
    "send_email",       "service", "vectorize", "version_metadata"};

bool is_one_of(const std::string& type, std::span<const std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// Whether the account's resource is meant, where a local run may use it.
bool is_remote(const ConfiguredBinding& configured) {
  const std::string& type = configured.binding.type;
  if (type == "ai") return !configured.local.contains("openai_url");
  return is_one_of(type, kRemoteTypes) && configured.settings.value("remote", false);
}

/// Where the resource is that a local run uses.
std::string mode_of(const ConfiguredBinding& configured, bool has_account) {
  if (has_account && is_remote(configured)) return "remote";
  const std::string& type = configured.binding.type;
  const bool is_local =
      is_one_of(type, kLocalTypes) || (type == "ai" && configured.local.contains("openai_url"));
  return is_local ? "local" : "not available";
}

/// Tells the bindings of the account how to reach it.
void set_account(const Config& config, const DevOverrides& overrides, DevProject& project) {
  if (!overrides.account) return;
  nlohmann::json access;
  for (Binding& binding : project.worker.bindings) {
    const auto configured =
        std::find_if(config.bindings.begin(), config.bindings.end(),
                     [&](const auto& known) { return known.binding.name == binding.name; });
    // A secret may have taken the binding's place.
    if (configured == config.bindings.end() || configured->binding.type != binding.type ||
        !is_remote(*configured)) {
      continue;
    }
    if (access.is_null()) access = overrides.account(config);
    binding.properties["remote"] = access;
  }
  // A binding of models says so itself when it is used; it may never be.
  const bool is_meant = std::any_of(
      config.bindings.begin(), config.bindings.end(),
      [](const auto& binding) { return binding.binding.type != "ai" && is_remote(binding); });
  if (is_meant && access.contains("problem")) {
    project.warnings.push_back(access["problem"].get<std::string>());
  }
}

/// For other kinds there is no such thing as a resource of the account.
void warn_of_remote(const Config& config, std::vector<std::string>& warnings) {
  for (const ConfiguredBinding& binding : config.bindings) {
    if (!binding.settings.is_object() || !binding.settings.value("remote", false)) continue;
    if (binding.binding.type == "ai" || is_one_of(binding.binding.type, kRemoteTypes)) continue;
    warnings.push_back("The binding " + binding.binding.name +
                       " has \"remote\": a local run cannot reach the account's " + binding.label +
                       ".");
  }
}

std::string value_of(const Binding& variable) {
  const auto text = variable.properties.find("text");
  const auto json = variable.properties.find("json");
  const nlohmann::json& value = text != variable.properties.end()   ? *text
                                : json != variable.properties.end() ? *json
                                                                    : variable.properties;
  return shown_value(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// wrangler's order: resources, variables, secrets.
std::vector<BindingRow> rows_of(const Project& project, bool has_account) {
  std::vector<BindingRow> rows;
  for (const ConfiguredBinding& configured : project.config.bindings) {
    rows.push_back({configured.binding.name, detail_of(configured), configured.label,
                    mode_of(configured, has_account)});
  }
  for (const ConfiguredBinding& variable : project.config.variables) {
    const std::string& name = variable.binding.name;
    const bool replaced =
        std::any_of(project.secrets.begin(), project.secrets.end(),
                    [&name](const Binding& secret) { return secret.name == name; });
    if (!replaced) rows.push_back({name, value_of(variable.binding), "Environment Variable"});
  }
  for (const Binding& secret : project.secrets) {
    rows.push_back({secret.name, "\"(hidden)\"", "Environment Variable"});
  }
  return rows;
}

std::vector<std::string> summary_of(const Project& project, bool has_account) {
  std::vector<std::string> lines;
  for (const fs::path& file : project.secret_files) {
    lines.push_back("Using secrets defined in " +
                    file.lexically_proximate(project.config.directory).string());
  }
  const std::vector<std::string> table =
      binding_table(rows_of(project, has_account), terminal_columns());
  lines.insert(lines.end(), table.begin(), table.end());
  return lines;
}

/// Sets what `request.url` names, and by which names the local endpoints can be reached.
void set_upstream(const Config& config, const DevOverrides& overrides, WorkerConfig& worker) {
  for (const std::string& route : config.routes) {
    if (std::string host = host_of_route(route); !host.empty()) {
      worker.local_hosts.push_back(std::move(host));
    }
  }
  if (!overrides.host.empty()) {
    worker.upstream_host = checked_host(overrides.host, "--host");
  } else if (!config.dev_host.empty()) {
    worker.upstream_host = checked_host(config.dev_host, "dev.host");
  } else if (!worker.local_hosts.empty()) {
    worker.upstream_host = worker.local_hosts.front();
  }
  if (!worker.upstream_host.empty()) worker.local_hosts.push_back(worker.upstream_host);
  for (std::string& host : worker.local_hosts) host = without_port(host);
  worker.upstream_protocol = overrides.upstream_protocol.empty() ? config.dev_upstream_protocol
                                                                 : overrides.upstream_protocol;
}

}  // namespace

DevProject dev_project(const Project& project, const DevOverrides& overrides) {
  const fs::path& root = project.config.directory;
  DevProject result;
  result.worker = make_worker_config(project);
  result.worker.local_endpoints = true;
  result.worker.scheduled_page = overrides.test_scheduled;
  result.worker.live_reload = overrides.live_reload;
  set_upstream(project.config, overrides, result.worker);
  result.has_crons = !project.config.crons.empty() && !overrides.test_scheduled;
  if (!overrides.persist_to.empty()) {
    result.worker.state_directory = (overrides.persist_to / "v3").string();
  }
  result.sync.project = root;
  result.sync.python_version = project.python_version;
  result.summary = summary_of(project, overrides.account != nullptr);
  result.warnings = project.warnings;
  set_account(project.config, overrides, result);
  if (overrides.account) warn_of_remote(project.config, result.warnings);

  result.targets.trees = {project.module_root};
  result.targets.folders = {root / "python_modules"};
  result.targets.files = project.watched_files;
  for (const char* name : {"pyproject.toml", "requirements.txt", "uv.toml"}) {
    result.targets.files.push_back(root / name);
  }
  // What requirements.txt includes.
  for (const fs::path& file : dependency_files(root)) result.targets.files.push_back(file);
  return result;
}

}  // namespace cwrangler::cli
