#include "cli/config/config.h"

#include <array>
#include <map>

#include "base/files.h"
#include "cli/config/diagnostics.h"
#include "cli/config/document.h"
#include "cli/config/schema.h"
#include "cli/config/validation.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Reads a validated document; whatever has passed validation has the schema's types.
class ConfigReader {
 public:
  ConfigReader(const Document& document, const Node* environment, std::string environment_name)
      : document_(document),
        environment_(environment),
        environment_name_(std::move(environment_name)) {}

  Config read() {
    Config config;
    config.path = document_.path;
    config.directory = document_.path.parent_path();
    config.source = document_.source;
    config.environment = environment_name_;
    read_names(config);
    read_entry_point(config);
    read_rules(config);
    read_variables(config);
    for (const Key& key : top_level_keys()) read_bindings(key, value_of(key.name), config);
    read_assets(config);
    read_routes(config);
    read_events(config);
    read_limits(config);
    read_required_secrets(config);
    read_dev(config);
    read_account(config);
    for (const Key& key : top_level_keys()) {
      if (const Node* value = value_of(key.name)) {
        config.settings[std::string(key.name)] = to_json(*value);
      }
    }
    return config;
  }

 private:
  /// The value in charge: the environment's own, or the inherited one, or null.
  const Node* value_of(std::string_view name) const {
    const Key* key = find_key(top_level_keys(), name);
    if (environment_ != nullptr && key->inheritance != Inheritance::top_level_only) {
      const Node* own = environment_->find(name);
      if (own != nullptr || key->inheritance == Inheritance::not_inherited) return own;
    }
    return document_.root.find(name);
  }

  std::string text_of(std::string_view name) const {
    const Node* node = value_of(name);
    return node ? node->text : "";
  }

  static std::vector<std::string> strings(const Node& list) {
    std::vector<std::string> values;
    for (const Node& item : list.items) values.push_back(item.text);
    return values;
  }

  void read_names(Config& config) const {
    if (const Node* environments = document_.root.find("env")) {
      for (const Node::Member& member : environments->members) {
        config.environments.push_back(member.key);
      }
    }
    const Node* top = document_.root.find("name");
    const Node* own = environment_ ? environment_->find("name") : nullptr;
    if (top != nullptr) config.top_level_name = top->text;
    if (own != nullptr) {
      config.name = own->text;
    } else if (top != nullptr) {
      config.name = top->text;
      if (!environment_name_.empty()) config.name += "-" + environment_name_;
    }
  }

  fs::path absolute(const std::string& path) const {
    return (document_.path.parent_path() / path).lexically_normal();
  }

  void read_entry_point(Config& config) const {
    if (const Node* main = value_of("main"); main && !main->text.empty()) {
      config.main = {absolute(main->text), document_.position(main->spot)};
    }
    if (const std::string base = text_of("base_dir"); !base.empty()) {
      config.base_directory = absolute(base);
    }
    if (const Node* date = value_of("compatibility_date")) {
      config.compatibility_date = {date->text, document_.position(date->spot)};
    }
    if (const Node* flags = value_of("compatibility_flags")) {
      config.compatibility_flags = {strings(*flags), document_.position(flags->spot)};
      for (const Node& flag : flags->items) {
        config.compatibility_flag_positions.push_back(document_.position(flag.spot));
      }
    }
  }

  void read_rules(Config& config) const {
    if (const Node* rules = value_of("rules")) {
      for (const Node& rule : rules->items) {
        const Node* fallthrough = rule.find("fallthrough");
        config.rules.push_back({rule.find("type")->text, strings(*rule.find("globs")),
                                fallthrough && fallthrough->boolean,
                                document_.position(rule.spot)});
      }
    }
    const Node* python_modules = value_of("python_modules");
    const Node* exclude = python_modules ? python_modules->find("exclude") : nullptr;
    config.python_modules_exclude =
        exclude ? strings(*exclude) : std::vector<std::string>{"**/*.pyc"};
  }

  void read_variables(Config& config) const {
    const Node* variables = value_of("vars");
    if (variables == nullptr) return;
    for (const Node::Member& member : variables->members) {
      ConfiguredBinding variable;
      variable.label = "Environment Variable";
      variable.binding.name = member.key;
      variable.settings = to_json(member.value);
      if (member.value.is(Node::Kind::string)) {
        variable.binding.type = "plain_text";
        variable.binding.properties = {{"text", member.value.text}};
      } else {
        variable.binding.type = "json";
        variable.binding.properties = {{"json", variable.settings}};
      }
      variable.local = variable.binding.properties;
      variable.at = document_.position(member.spot);
      config.variables.push_back(std::move(variable));
    }
  }

  /// The bindings of a key, and of the keys inside it ("queues.producers").
  void read_bindings(const Key& key, const Node* value, Config& config) const {
    if (value == nullptr) return;
    if (key.binding == nullptr) {
      if (key.type != ValueType::table) return;
      for (const Key& field : key.fields) read_bindings(field, value->find(field.name), config);
    } else if (value->is(Node::Kind::array)) {
      for (const Node& item : value->items) config.bindings.push_back(read_binding(key, item));
    } else if (value->find(key.binding->name_key) != nullptr) {
      config.bindings.push_back(read_binding(key, *value));
    }
  }

  ConfiguredBinding read_binding(const Key& key, const Node& table) const {
    ConfiguredBinding configured;
    configured.label = key.binding->label;
    configured.binding.type = key.binding->type;
    configured.binding.name = table.find(key.binding->name_key)->text;
    configured.settings = to_json(table);
    configured.local = json::object();
    configured.at = document_.position(table.spot);
    // A preview's key comes after the one it stands in for.
    for (const Key& field : key.fields) {
      if (field.property.empty()) continue;
      const std::string property(field.property);
      if (const Node* value = table.find(field.name)) {
        configured.local[property] = to_json(*value);
        if (!field.local_only) configured.binding.properties[property] = to_json(*value);
      } else if (field.names_resource) {
        configured.local[property] = configured.binding.name;
      }
    }
    return configured;
  }

  void read_assets(Config& config) const {
    const Node* assets = value_of("assets");
    if (assets == nullptr) return;
    AssetsConfig read;
    if (const Node* directory = assets->find("directory")) {
      read.directory = absolute(directory->text);
    }
    if (const Node* binding = assets->find("binding")) read.binding = binding->text;
    read.settings = to_json(*assets);
    read.settings.erase("directory");
    read.settings.erase("binding");
    config.assets = std::move(read);
  }

  void read_routes(Config& config) const {
    const auto add = [&config](const Node& route) {
      const Node* pattern = route.is(Node::Kind::string) ? &route : route.find("pattern");
      if (pattern != nullptr && pattern->is(Node::Kind::string)) {
        config.routes.push_back(pattern->text);
      }
    };
    if (const Node* route = value_of("route")) add(*route);
    if (const Node* routes = value_of("routes")) {
      for (const Node& item : routes->items) add(item);
    }
  }

  void read_events(Config& config) const {
    if (const Node* triggers = value_of("triggers")) {
      if (const Node* crons = triggers->find("crons")) config.crons = strings(*crons);
    }
    if (const Node* queues = value_of("queues")) {
      if (const Node* consumers = queues->find("consumers")) {
        for (const Node& item : consumers->items) config.queue_consumers.push_back(to_json(item));
      }
    }
    if (const Node* migrations = value_of("migrations")) {
      for (const Node& item : migrations->items) config.migrations.push_back(to_json(item));
    }
  }

  void read_limits(Config& config) const {
    const Node* limits = value_of("limits");
    const auto limit = [limits](const char* key) {
      const Node* value = limits ? limits->find(key) : nullptr;
      const bool counts = value != nullptr && value->integer > 0 &&
                          value->integer <= std::numeric_limits<int>::max();
      return counts ? static_cast<int>(value->integer) : 0;
    };
    config.cpu_limit_ms = limit("cpu_ms");
    config.subrequest_limit = limit("subrequests");
  }

  void read_required_secrets(Config& config) const {
    const Node* secrets = value_of("secrets");
    const Node* required = secrets ? secrets->find("required") : nullptr;
    if (required == nullptr) return;
    config.required_secrets.emplace();
    for (const Node& item : required->items) {
      config.required_secrets->push_back({item.text, document_.position(item.spot)});
    }
  }

  void read_account(Config& config) const {
    if (const Node* account = value_of("account_id")) config.account_id = account->text;
  }

  void read_dev(Config& config) const {
    const Node* dev = value_of("dev");
    if (dev == nullptr) return;
    if (const Node* ip = dev->find("ip")) config.dev_ip = ip->text;
    if (const Node* host = dev->find("host")) config.dev_host = host->text;
    if (const Node* upstream = dev->find("upstream_protocol")) {
      config.dev_upstream_protocol = upstream->text;
    }
    const Node* protocol = dev->find("local_protocol");
    config.dev_https = protocol && protocol->text == "https";
    const Node* port = dev->find("port");
    if (port && port->is(Node::Kind::integer) && port->integer >= 0 && port->integer <= 65535) {
      config.dev_port = static_cast<int>(port->integer);
    }
  }

  const Document& document_;
  const Node* environment_;
  const std::string environment_name_;
};

/// The section of the chosen environment. None, and an error or a warning, when there is no such.
const Node* find_environment(const Document& document, const std::string& name,
                             Diagnostics& diagnostics) {
  const Node* environments = document.root.find("env");
  if (name.empty() || (environments && !environments->is(Node::Kind::table))) return nullptr;
  if (const Node* found = environments ? environments->find(name) : nullptr) {
    if (found->is(Node::Kind::table)) return found;
    diagnostics.errors.push_back(
        {"\"env." + name + "\" should be an object but got " + shortened(*found) + ".",
         document.position(found->spot)});
    return nullptr;
  }
  std::string message = "No environment found in configuration with name \"" + name +
                        "\".\nBefore using `--env=" + name +
                        "` there should be an equivalent environment section in the configuration.";
  if (environments == nullptr || environments->members.empty()) {
    diagnostics.warnings.push_back({message, {}});
    return nullptr;
  }
  std::vector<std::string> names;
  json list = json::array();
  for (const Node::Member& member : environments->members) {
    names.push_back(member.key);
    list.push_back(member.key);
  }
  message += "\nThe available configured environment names are: " + list.dump();
  const std::string nearest = nearest_word(name, names);
  if (!nearest.empty()) message += "\nDid you mean \"" + nearest + "\"?";
  diagnostics.errors.push_back({message, document.position(environments->spot)});
  return nullptr;
}

/// "A assigned to Durable Object and Environment Variable bindings."
void check_unique_names(const Config& config, Diagnostics& diagnostics) {
  struct Use {
    std::string label;
    SourcePosition at;
  };
  std::map<std::string, std::vector<Use>> by_name;
  for (const auto* list : {&config.bindings, &config.variables}) {
    for (const ConfiguredBinding& item : *list) {
      by_name[item.binding.name].push_back({item.label, item.at});
    }
  }
  for (const Located<std::string>& secret : config.required_secrets.value_or(Config::Secrets())) {
    by_name[secret.value].push_back({"Secret", secret.at});
  }
  for (const auto& [name, uses] : by_name) {
    if (uses.size() < 2) continue;
    std::vector<std::string> labels;
    for (const Use& use : uses) {
      if (labels.empty() || labels.back() != use.label) labels.push_back(use.label);
    }
    std::string list;
    for (size_t i = 0; i < labels.size(); ++i) {
      if (i > 0) list += i + 1 == labels.size() ? " and " : ", ";
      list += labels[i];
    }
    diagnostics.errors.push_back(
        {name + " assigned to " + (labels.size() == 1 ? "multiple " : "") + list +
             " bindings.\nBindings must have unique names, so that they can all be referenced in "
             "the worker.\nPlease change your bindings to have unique names.",
         uses.back().at});
  }
}

/// An error in what stands in place of the file's points at the flag.
void apply(const ConfigOverrides& overrides, Config& config) {
  if (!overrides.main.empty()) config.main = {overrides.main, {"the command line"}};
  if (!overrides.name.empty()) config.name = overrides.name;
  if (!overrides.compatibility_date.empty()) {
    config.compatibility_date = {overrides.compatibility_date, {"--compatibility-date"}};
  }
  if (!overrides.compatibility_flags.empty()) {
    const SourcePosition at{"--compatibility-flags"};
    config.compatibility_flags = {overrides.compatibility_flags, at};
    config.compatibility_flag_positions.assign(overrides.compatibility_flags.size(), at);
  }
  if (!overrides.assets.empty()) {
    if (!config.assets) config.assets.emplace();
    config.assets->directory = overrides.assets;
  }
  if (!overrides.routes.empty()) config.routes = overrides.routes;
}

}  // namespace

Error error_in(const Config& config, const SourcePosition& at, std::string problem) {
  Error error(std::move(problem));
  if (at.file.empty()) return error.at({config.path.string(), 0, 0});
  return error.at(at).showing(line_of(config.source, at.line));
}

fs::path find_config_file(const fs::path& directory) {
  for (const char* name : {"wrangler.json", "wrangler.jsonc", "wrangler.toml"}) {
    for (fs::path folder = directory;; folder = folder.parent_path()) {
      std::error_code ignored;
      if (fs::is_regular_file(folder / name, ignored)) return folder / name;
      if (!folder.has_relative_path()) break;
    }
  }
  return {};
}

ConfigReport inspect_config(const fs::path& path, std::string source,
                            const std::string& environment) {
  const Document document = parse_document(path, std::move(source));
  ConfigReport report;
  Diagnostics& diagnostics = report.diagnostics;
  validate_section(document, document.root, "", diagnostics);
  const Node* section = find_environment(document, environment, diagnostics);
  if (section != nullptr) {
    Diagnostics& child = diagnostics.children.emplace_back();
    child.heading = "\"env." + environment + "\" environment configuration";
    validate_section(document, *section, environment, child);
    warn_of_missing_in_environment(document, *section, environment, child);
  }
  if (diagnostics.has_errors()) return report;
  Config config = ConfigReader(document, section, environment).read();
  check_unique_names(config, diagnostics);
  if (!diagnostics.has_errors()) report.config = std::move(config);
  return report;
}

Config parse_config(const fs::path& path, std::string source, const std::string& environment) {
  const std::string heading = "Processing " + path.filename().string() + " configuration:\n\n";
  const std::string text = source;
  ConfigReport report = inspect_config(path, std::move(source), environment);
  const Diagnostics& diagnostics = report.diagnostics;
  const std::string warnings =
      diagnostics.has_warnings() ? diagnostics.render_warnings(text) : std::string();
  if (!report.config) {
    std::string problem = heading + diagnostics.render_errors(text);
    if (!warnings.empty()) problem += "\n\nAlso:\n" + warnings;
    throw Error(problem);
  }
  if (!warnings.empty()) report.config->warnings.push_back(heading + warnings);
  return std::move(*report.config);
}

fs::path locate_config_file(const ConfigRequest& request) {
  if (request.config_file.empty()) {
    const fs::path path = find_config_file(request.directory);
    if (!path.empty()) return path;
    throw Error(
        "No wrangler config found: there is no wrangler.json, wrangler.jsonc or wrangler.toml in " +
        request.directory.string() + " or a folder above it.")
        .hint(
            "`cwrangler init NAME` makes a new project; --config and --cwd point to an existing "
            "one.");
  }
  const fs::path path = (request.directory / request.config_file).lexically_normal();
  if (!fs::is_regular_file(path)) {
    throw Error("The configuration file \"" + request.config_file + "\" was not found.")
        .hint("--config is relative to " + request.directory.string() + ".");
  }
  return path;
}

Config load_config(const ConfigRequest& request) {
  const fs::path path = locate_config_file(request);
  Config config = parse_config(path, read_file(path), request.environment);
  apply(request.overrides, config);
  return config;
}

}  // namespace cwrangler::cli
