#include "cli/deploy/triggers.h"

#include <algorithm>

#include "cli/api/json_access.h"

namespace cwrangler::cli {
namespace {

/// Since when the API has separate switches for previews, as wrangler says it.
constexpr const char* kSubdomainApiDate = "2025-08-01";

struct Route {
  std::string pattern;
  bool custom_domain = false;
  ApiJson zone = ApiJson::object();  ///< zone_id or zone_name, as given
};

Route route_of(const nlohmann::json& value) {
  Route route;
  if (value.is_string()) {
    route.pattern = value.get<std::string>();
    return route;
  }
  const ApiJson table(value);
  route.pattern = string_at(table, "pattern");
  route.custom_domain = true_at(table, "custom_domain");
  for (const char* key : {"zone_id", "zone_name"}) {
    if (const std::string text = string_at(table, key); !text.empty()) route.zone[key] = text;
  }
  return route;
}

std::vector<Route> routes_of(const Config& config, const TriggerFlags& flags) {
  std::vector<Route> routes;
  if (!flags.routes.empty()) {
    for (const std::string& pattern : flags.routes) routes.push_back({pattern});
  } else {
    if (config.settings.contains("route")) routes.push_back(route_of(config.settings["route"]));
    const nlohmann::json list = config.settings.value("routes", nlohmann::json::array());
    for (const nlohmann::json& item : list) routes.push_back(route_of(item));
  }
  for (const std::string& domain : flags.domains) routes.push_back({domain, true});
  return routes;
}

/// Runs each kind of trigger, and keeps what goes wrong for the end.
class TriggerDeployment {
 public:
  TriggerDeployment(const DeployContext& context, const TriggerFlags& flags)
      : context_(context),
        account_(context.account),
        config_(context.config),
        flags_(flags),
        routes_(routes_of(context.config, flags)) {}

  std::vector<std::string> run() {
    attempt("workers.dev", &TriggerDeployment::subdomain);
    attempt("Routes", &TriggerDeployment::routes);
    attempt("Custom domains", &TriggerDeployment::custom_domains);
    attempt("Schedules", &TriggerDeployment::schedules);
    attempt("Queue producers", &TriggerDeployment::producers);
    attempt("Queue consumers", &TriggerDeployment::consumers);
    attempt("Workflows", &TriggerDeployment::workflows);
    if (failures_.empty()) return targets_;
    std::string problem = "Trigger configuration for \"" + config_.name +
                          "\" was only partially updated.\n" + failures_;
    problem += "\nSuccessful trigger changes were not rolled back.";
    for (const std::string& target : targets_) problem += "\n  in force: " + target;
    throw Error(problem).hint(
        "The code is uploaded. When the reason is gone, `cwrangler triggers deploy` does the "
        "rest.");
  }

 private:
  void attempt(const std::string& category, void (TriggerDeployment::*step)()) {
    try {
      (this->*step)();
    } catch (const Error& error) {
      failures_ += "\n" + category + ":\n" + error.problem();
      if (!error.advice().empty()) failures_ += "\n" + error.advice();
      failures_ += "\n";
    }
  }

  void subdomain() {
    const std::string path = worker_path(config_.name, "/subdomain");
    const auto given = [this](const char* key) -> std::optional<bool> {
      const auto value = config_.settings.find(key);
      if (value == config_.settings.end() || !value->is_boolean()) return std::nullopt;
      return value->get<bool>();
    };
    const std::optional<bool> asked = given("workers_dev");
    const std::optional<bool> previews = given("preview_urls");
    const bool wanted = asked.value_or(routes_.empty());
    std::string address;
    if (wanted) {
      address = string_at(account_.get("/workers/subdomain"), "subdomain");
      address = "https://" + config_.name + "." + address + ".workers.dev";
    }
    const ApiJson now = account_.get(path);
    if (wanted && !asked && context_.existed && !true_at(now, "enabled")) {
      context_.terminal.print_warning(
          "'workers_dev' is not in the configuration: workers.dev is enabled by this "
          "deployment.\nWith \"workers_dev\": false it stays off.");
    }
    ApiJson body{{"enabled", wanted}};
    if (previews) body["previews_enabled"] = *previews;
    const std::string text = body.dump();
    ApiCall call;
    call.method = "POST";
    call.path = account_.path(path);
    call.body = text;
    call.content_type = "application/json";
    call.headers = {{"Cloudflare-Workers-Script-Api-Date", kSubdomainApiDate}};
    call.retry = Retry::always;
    account_.client().call(call);
    if (wanted) targets_.push_back(address);
  }

  void routes() {
    ApiJson body = ApiJson::array();
    std::vector<std::string> lines;
    for (const Route& route : routes_) {
      if (route.custom_domain) continue;
      ApiJson entry{{"pattern", route.pattern}};
      entry.update(route.zone);
      body.push_back(std::move(entry));
      lines.push_back(route.pattern);
    }
    if (body.empty()) return;
    account_.put(worker_path(config_.name, "/routes"), body);
    targets_.insert(targets_.end(), lines.begin(), lines.end());
  }

  void custom_domains() {
    ApiJson origins = ApiJson::array();
    std::vector<std::string> lines;
    for (const Route& route : routes_) {
      if (!route.custom_domain) continue;
      ApiJson origin{{"hostname", route.pattern}};
      origin.update(route.zone);
      origins.push_back(std::move(origin));
      lines.push_back(route.pattern + " (custom domain)");
    }
    if (origins.empty()) return;
    const std::string path = worker_path(config_.name, "/domains");
    bool override = true;
    if (context_.interactive && !check_domain_conflicts(path, origins, override)) {
      throw Error("Publishing to Custom Domains was skipped");
    }
    account_.put(path + "/records", {{"override_scope", true},
                                     {"override_existing_origin", override},
                                     {"override_existing_dns_record", override},
                                     {"origins", origins}});
    targets_.insert(targets_.end(), lines.begin(), lines.end());
  }

  /// Whether the user wants what would be taken over from others. `override`: whether there is any.
  bool check_domain_conflicts(const std::string& path, const ApiJson& origins, bool& override) {
    ApiCall call;
    const std::string text = origins.dump();
    call.method = "POST";
    call.path = account_.path(path + "/changeset");
    call.query = {{"replace_state", "true"}};
    call.body = text;
    call.content_type = "application/json";
    const ApiJson changes = account_.client().call(call);
    std::string taken;
    for (const char* kind : {"updated", "conflicting"}) {
      for (const ApiJson& domain : array_at(changes, kind)) {
        taken += "\n  " + string_at(domain, "hostname");
      }
    }
    override = !taken.empty();
    return taken.empty() ||
           context_.confirm("These custom domains belong to something else so far:" + taken +
                            "\nUpdate them to point to this Worker?");
  }

  void schedules() {
    std::vector<std::string> crons = flags_.crons;
    if (crons.empty()) {
      const ApiJson events = ApiJson(config_.settings.value("triggers", nlohmann::json::object()));
      // Without the key the schedules stay as they are; an empty list takes them away.
      if (!value_at(events, "crons").is_array()) return;
      crons = config_.crons;
    }
    ApiJson body = ApiJson::array();
    for (const std::string& cron : crons) body.push_back({{"cron", cron}});
    account_.put(worker_path(config_.name, "/schedules"), body);
    for (const std::string& cron : crons) targets_.push_back("schedule: " + cron);
  }

  /// The queue of that name. Throws when there is none.
  ApiJson find_queue(const std::string& name) {
    for (const ApiJson& queue : known_queues_) {
      if (string_at(queue, "queue_name") == name) return queue;
    }
    const ApiJson found = account_.get("/queues", {{"page", "1"}, {"name", name}});
    if (found.is_array()) {
      for (const ApiJson& queue : found) {
        if (string_at(queue, "queue_name") != name) continue;
        known_queues_.push_back(queue);
        return queue;
      }
    }
    throw Error("Queue \"" + name + "\" does not exist.")
        .hint("To create it, run: cwrangler queues create " + name);
  }

  void producers() {
    for (const ConfiguredBinding& configured : config_.bindings) {
      if (configured.binding.type != "queue") continue;
      const std::string queue = string_at(ApiJson(configured.binding.properties), "queue_name");
      find_queue(queue);
      targets_.push_back("Producer for " + queue);
    }
  }

  void consumers() {
    for (const nlohmann::json& item : config_.queue_consumers) {
      const ApiJson consumer(item);
      const std::string name = string_at(consumer, "queue");
      const ApiJson queue = find_queue(name);
      const std::string path = "/queues/" + string_at(queue, "queue_id") + "/consumers";
      const std::string known = known_consumer(queue);
      if (known.empty()) {
        account_.post(path, consumer_body(consumer));
      } else {
        account_.put(path + "/" + known, consumer_body(consumer));
      }
      targets_.push_back("Consumer for " + name);
    }
  }

  /// The id of this Worker as a consumer of the queue; empty: it is none yet.
  std::string known_consumer(const ApiJson& queue) const {
    for (const ApiJson& consumer : array_at(queue, "consumers")) {
      for (const char* key : {"script", "service", "script_name"}) {
        if (string_at(consumer, key) == config_.name) return string_at(consumer, "consumer_id");
      }
    }
    return {};
  }

  ApiJson consumer_body(const ApiJson& consumer) const {
    ApiJson body{{"type", "worker"}};
    if (const std::string dead = string_at(consumer, "dead_letter_queue"); !dead.empty()) {
      body["dead_letter_queue"] = dead;
    }
    body["script_name"] = config_.name;
    ApiJson settings = ApiJson::object();
    const auto pass_on = [&](const char* key, const char* as, double factor = 1) {
      const ApiJson& value = value_at(consumer, key);
      if (value.is_number()) {
        settings[as] = static_cast<std::int64_t>(value.get<double>() * factor);
      } else if (value.is_null() && consumer.contains(key)) {
        settings[as] = nullptr;
      }
    };
    constexpr double kMilliseconds = 1000;
    pass_on("max_batch_size", "batch_size");
    pass_on("max_retries", "max_retries");
    pass_on("max_batch_timeout", "max_wait_time_ms", kMilliseconds);
    pass_on("max_concurrency", "max_concurrency");
    pass_on("visibility_timeout_ms", "visibility_timeout_ms");
    pass_on("retry_delay", "retry_delay");
    body["settings"] = std::move(settings);
    return body;
  }

  void workflows() {
    for (const ConfiguredBinding& configured : config_.bindings) {
      if (configured.binding.type != "workflow") continue;
      const ApiJson properties(configured.binding.properties);
      const std::string script = string_at(properties, "script_name");
      if (!script.empty() && script != config_.name) continue;
      const std::string name = string_at(properties, "workflow_name");
      ApiJson body{{"script_name", config_.name},
                   {"class_name", string_at(properties, "class_name")}};
      const ApiJson settings(configured.settings);
      if (settings.contains("limits")) body["limits"] = settings["limits"];
      add_schedules(value_at(settings, "schedules"), body);
      account_.put("/workflows/" + percent_encoded(name), body);
      targets_.push_back("workflow: " + name);
    }
  }

  static void add_schedules(const ApiJson& schedules, ApiJson& body) {
    if (schedules.is_null()) return;
    body["schedules"] = ApiJson::array();
    if (schedules.is_string()) body["schedules"].push_back({{"cron", schedules}});
    if (!schedules.is_array()) return;
    for (const ApiJson& cron : schedules) {
      body["schedules"].push_back(cron.is_string() ? ApiJson{{"cron", cron}} : cron);
    }
  }

  const DeployContext& context_;
  const Account& account_;
  const Config& config_;
  const TriggerFlags& flags_;
  const std::vector<Route> routes_;
  std::vector<ApiJson> known_queues_;
  std::vector<std::string> targets_;
  std::string failures_;
};

}  // namespace

std::vector<std::string> deploy_triggers(const DeployContext& context, const TriggerFlags& flags) {
  return TriggerDeployment(context, flags).run();
}

}  // namespace cwrangler::cli
