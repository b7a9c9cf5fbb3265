#include "base/worker_config.h"

#include <array>
#include <iostream>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/files.h"

namespace cwrangler {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<ModuleType, const char*>, 7> kModuleTypes{{
    {ModuleType::python, "python"},
    {ModuleType::text, "text"},
    {ModuleType::data, "data"},
    {ModuleType::json, "json"},
    {ModuleType::esm, "esm"},
    {ModuleType::commonjs, "commonjs"},
    {ModuleType::wasm, "wasm"},
}};

const char* name_of(ModuleType type) {
  for (const auto& [value, name] : kModuleTypes) {
    if (value == type) return name;
  }
  return "data";
}

ModuleType module_type(const std::string& name) {
  for (const auto& [value, known] : kModuleTypes) {
    if (name == known) return value;
  }
  throw Error("unknown module type \"" + name + "\"");
}

/// The value of `key`, or the default when it is absent. A wrong type is an error naming the key.
template <typename T>
T field(const json& object, const char* key, T fallback) {
  const auto found = object.find(key);
  if (found == object.end()) return fallback;
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    throw Error(std::string("the field \"") + key + "\" has the wrong type: " + found->dump());
  }
}

}  // namespace

json to_json(const WorkerConfig& config) {
  json modules = json::array();
  for (const Module& module : config.modules) {
    modules.push_back(
        {{"name", module.name}, {"type", name_of(module.type)}, {"path", module.path}});
  }
  json bindings = json::array();
  for (const Binding& binding : config.bindings) {
    json entry = binding.properties;
    entry["name"] = binding.name;
    entry["type"] = binding.type;
    bindings.push_back(std::move(entry));
  }
  return {{"name", config.name},
          {"main_module", config.main_module},
          {"compatibility_date", config.compatibility_date},
          {"compatibility_flags", config.compatibility_flags},
          {"python_version", config.python_version},
          {"modules", std::move(modules)},
          {"bindings", std::move(bindings)},
          {"limits", {{"cpu_ms", config.cpu_limit_ms}, {"subrequests", config.subrequest_limit}}},
          {"local_endpoints", config.local_endpoints},
          {"local_hosts", config.local_hosts},
          {"scheduled_page", config.scheduled_page},
          {"live_reload", config.live_reload},
          {"upstream_host", config.upstream_host},
          {"upstream_protocol", config.upstream_protocol},
          {"state_directory", config.state_directory},
          {"queue_consumers", config.queue_consumers},
          {"assets", config.assets},
          {"outbound_map", config.outbound_map},
          {"snapshot", {{"file", config.snapshot.file}, {"identity", config.snapshot.identity}}}};
}

WorkerConfig worker_config_from_json(const json& source) {
  try {
    if (!source.is_object()) throw Error("not a JSON object");
    WorkerConfig config;
    config.name = field<std::string>(source, "name", "worker");
    config.main_module = field<std::string>(source, "main_module", "");
    config.compatibility_date = field<std::string>(source, "compatibility_date", "");
    config.compatibility_flags = field<std::vector<std::string>>(source, "compatibility_flags", {});
    config.python_version = field<std::string>(source, "python_version", "");
    const json limits = field<json>(source, "limits", json::object());
    config.cpu_limit_ms = field<int>(limits, "cpu_ms", 0);
    config.subrequest_limit = field<int>(limits, "subrequests", 0);
    config.local_endpoints = field<bool>(source, "local_endpoints", false);
    config.local_hosts = field<std::vector<std::string>>(source, "local_hosts", {});
    config.scheduled_page = field<bool>(source, "scheduled_page", false);
    config.live_reload = field<bool>(source, "live_reload", false);
    config.upstream_host = field<std::string>(source, "upstream_host", "");
    config.upstream_protocol = field<std::string>(source, "upstream_protocol", "");
    config.state_directory = field<std::string>(source, "state_directory", "");
    config.queue_consumers = field<std::vector<json>>(source, "queue_consumers", {});
    for (const json& consumer : config.queue_consumers) {
      if (!consumer.is_object()) throw Error("an entry of \"queue_consumers\" is not an object");
      if (field<std::string>(consumer, "queue", "").empty()) {
        throw Error("an entry of \"queue_consumers\" has no \"queue\"");
      }
    }
    config.assets = field<json>(source, "assets", nullptr);
    config.outbound_map = field<std::map<std::string, std::string>>(source, "outbound_map", {});
    const json snapshot = field<json>(source, "snapshot", json::object());
    config.snapshot = {field<std::string>(snapshot, "file", ""),
                       field<std::string>(snapshot, "identity", "")};
    for (const json& entry : field<json>(source, "modules", json::array())) {
      config.modules.push_back({field<std::string>(entry, "name", ""),
                                module_type(field<std::string>(entry, "type", "data")),
                                field<std::string>(entry, "path", "")});
    }
    for (const json& entry : field<json>(source, "bindings", json::array())) {
      json properties = entry;
      properties.erase("name");
      properties.erase("type");
      config.bindings.push_back({field<std::string>(entry, "name", ""),
                                 field<std::string>(entry, "type", ""), std::move(properties)});
    }
    if (config.main_module.empty()) throw Error("the field \"main_module\" is missing");
    return config;
  } catch (Error& error) {
    error.while_doing("reading the runtime configuration");
    throw;
  }
}

WorkerConfig read_worker_config(const std::string& path) {
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    text = read_file(path);
  }
  const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    throw Error((path == "-" ? "the input" : path) + " is not JSON")
        .while_doing("reading the runtime configuration");
  }
  return worker_config_from_json(parsed);
}

}  // namespace cwrangler
