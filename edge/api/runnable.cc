#include "edge/api/runnable.h"

#include <algorithm>

#include "base/files.h"
#include "edge/api/module_types.h"
#include "edge/api/secret_context.h"
#include "edge/store/accounts.h"
#include "edge/store/resources.h"

namespace cwrangler::edge {
namespace {

namespace fs = std::filesystem;

/// `settings` of the API as the configuration file writes them.
nlohmann::json consumer_config(const std::string& queue, const Json& properties) {
  nlohmann::json config{{"queue", queue}};
  const Json settings = properties.value("settings", Json::object());
  const auto copy = [&](const char* from, const char* to, int divisor = 1) {
    const auto found = settings.find(from);
    if (found == settings.end() || !found->is_number()) return;
    config[to] = found->get<double>() / divisor;
    if (divisor == 1) config[to] = found->get<std::int64_t>();
  };
  copy("batch_size", "max_batch_size");
  copy("max_wait_time_ms", "max_batch_timeout", 1000);
  copy("max_retries", "max_retries");
  copy("retry_delay", "retry_delay");
  copy("max_concurrency", "max_concurrency");
  const std::string dead_letters = properties.value("dead_letter_queue", std::string());
  if (!dead_letters.empty()) config["dead_letter_queue"] = dead_letters;
  return config;
}

/// A folder with the version's static files under their own names: links to the blobs.
fs::path lay_out_assets(Services& services, const Version& version) {
  const std::string digest = sha256_hex(version.assets.dump()).substr(0, 32);
  const fs::path folder = services.folder / "accounts" / version.account / "assets" / digest;
  if (fs::exists(folder)) return folder;
  // Another thread may do the same at the same time.
  const fs::path making = folder.string() + "." + random_hex(8);
  fs::create_directories(making);
  for (const auto& [path, file] : version.assets.at("manifest").items()) {
    const fs::path target = making / fs::path(path).relative_path();
    fs::create_directories(target.parent_path());
    fs::create_hard_link(services.blobs.path(file.at("sha256")), target);
  }
  const Json config = version.assets.value("config", Json::object());
  for (const char* rules : {"_headers", "_redirects"}) {
    const auto text = config.find(rules);
    if (text != config.end() && text->is_string()) {
      write_file_atomically(making / rules, text->get<std::string>(), 0600);
    }
  }
  std::error_code there;
  fs::rename(making, folder, there);
  if (there) fs::remove_all(making);
  return folder;
}

nlohmann::json assets_config(Services& services, const Version& version) {
  if (version.assets.is_null()) return nullptr;
  nlohmann::json assets{{"directory", lay_out_assets(services, version).string()}};
  const Json config = version.assets.value("config", Json::object());
  for (const char* key : {"html_handling", "not_found_handling", "run_worker_first"}) {
    if (config.contains(key)) assets[key] = config.at(key);
  }
  return assets;
}

Binding runnable_binding(Services& services, const Version& version, const Json& stored) {
  Binding binding;
  for (const auto& [key, value] : stored.items()) {
    if (key == "name") {
      binding.name = value;
    } else if (key == "type") {
      binding.type = value;
    } else {
      binding.properties[key] = value;
    }
  }
  if (binding.type == "secret_text") {
    binding.properties["text"] = services.seal.open(
        version.secrets.at(binding.name).get<std::string>(), secret_context(version, binding.name));
  } else if (binding.type == "version_metadata") {
    binding.properties = {{"id", version.id},
                          {"tag", version.annotations.value("workers/tag", std::string())},
                          {"timestamp", api_time(version.created)}};
  }
  return binding;
}

}  // namespace

bool is_placeholder(const Version& version) {
  return version.modules.size() == 1 && version.modules.front().content_type == kJavaScriptModule;
}

std::shared_ptr<const WorkerVersion> runnable_version(Services& services, Work& work,
                                                      const Version& version) {
  auto runnable = std::make_shared<WorkerVersion>();
  runnable->id = version.id;
  runnable->account = version.account;
  WorkerConfig& config = runnable->config;
  config.name = version.worker;
  config.main_module = version.metadata.value("main_module", std::string());
  config.compatibility_date = version.metadata.value("compatibility_date", std::string());
  for (const Json& flag : version.metadata.value("compatibility_flags", Json::array())) {
    config.compatibility_flags.push_back(flag);
  }
  for (const StoredModule& module : version.modules) {
    config.modules.push_back({module.name, *module_type_of(module.content_type),
                              services.blobs.path(module.sha256).string(), nullptr});
  }
  for (const Json& binding : version.bindings) {
    config.bindings.push_back(runnable_binding(services, version, binding));
  }
  const Json limits = version.metadata.value("limits", Json::object());
  if (limits.contains("cpu_ms") && limits["cpu_ms"].is_number_integer()) {
    config.cpu_limit_ms = std::clamp(limits["cpu_ms"].get<int>(), 1, 300'000);
  }
  if (limits.contains("subrequests") && limits["subrequests"].is_number_integer()) {
    config.subrequest_limit = std::clamp(limits["subrequests"].get<int>(), 1, 1'000'000);
  }
  config.state_directory = services.state(version.account).string();
  config.assets = assets_config(services, version);
  for (const Consumer& consumer : list_consumers_of_worker(work, version.account, version.worker)) {
    const auto queue = find_resource(work, kQueue, version.account, consumer.queue);
    if (queue) {
      config.queue_consumers.push_back(consumer_config(queue->name, consumer.properties));
    }
  }
  return runnable;
}

WorkerDeployment runnable_deployment(Services& services, Work& work, const Worker& worker) {
  WorkerDeployment served;
  served.account = worker.account;
  served.worker = worker.name;
  const auto deployment = active_deployment(work, worker.account, worker.name);
  if (!deployment) return served;
  for (const DeployedShare& share : deployment->versions) {
    const auto version = find_version(work, worker.account, worker.name, share.version);
    if (!version || is_placeholder(*version)) continue;
    served.versions.push_back({runnable_version(services, work, *version), share.percentage});
  }
  if (worker.subdomain_enabled) {
    const auto account = find_account(work, worker.account);
    served.hosts.push_back(worker.name + "." + account->subdomain + "." + services.domain);
    // The first account is the one that a machine of one's own has: its Workers need no more.
    if (list_accounts(work).front().id == worker.account) {
      served.hosts.push_back(worker.name + "." + services.domain);
    }
  }
  for (const Domain& domain : list_domains(work, worker.account, worker.name)) {
    served.hosts.push_back(domain.hostname);
  }
  for (const Route& route : list_routes(work, worker.account, worker.name)) {
    served.routes.push_back(route.pattern);
  }
  for (const auto& [cron, created] : list_schedules(work, worker.account, worker.name)) {
    served.crons.push_back(cron);
  }
  return served;
}

void serve_worker(Services& services, const std::string& account, const std::string& name) {
  WorkerDeployment served;
  {
    Work work = services.database.read();
    const auto worker = find_worker(work, account, name);
    if (worker) served = runnable_deployment(services, work, *worker);
  }
  if (served.versions.empty()) {
    services.serving.remove(account, name);
  } else {
    services.serving.deploy(served);
  }
}

}  // namespace cwrangler::edge
