#include "cli/deploy/upload.h"

#include <algorithm>
#include <array>

#include "base/files.h"

namespace cwrangler::cli {
namespace {

/// wrangler's order; those of other types follow in the configuration's.
constexpr std::array<std::string_view, 22> kOrder{"plain_text",
                                                  "json",
                                                  "secret_text",
                                                  "kv_namespace",
                                                  "send_email",
                                                  "durable_object_namespace",
                                                  "workflow",
                                                  "queue",
                                                  "r2_bucket",
                                                  "d1",
                                                  "vectorize",
                                                  "hyperdrive",
                                                  "secrets_store_secret",
                                                  "ratelimit",
                                                  "service",
                                                  "analytics_engine",
                                                  "worker_loader",
                                                  "browser",
                                                  "ai",
                                                  "images",
                                                  "stream",
                                                  "version_metadata"};

/// Bindings that only a deployment knows: the key of the file, the type, and which of its keys
/// become which properties.
struct DeployedKind {
  const char* key;
  const char* type;
  std::vector<const char*> properties;
};

const std::vector<DeployedKind>& deployed_kinds() {
  static const std::vector<DeployedKind> kKinds{
      {"dispatch_namespaces", "dispatch_namespace", {"namespace", "outbound"}},
      {"mtls_certificates", "mtls_certificate", {"certificate_id"}},
      {"pipelines", "pipelines", {"pipeline", "stream"}},
      {"vpc_services", "vpc_service", {"service_id"}},
      {"vpc_networks", "vpc_network", {"tunnel_id", "network_id"}},
  };
  return kKinds;
}

/// Keys whose bindings are not made into uploads here.
constexpr std::array kUnknownKinds{
    "ai_search", "ai_search_namespaces", "agent_memory", "flagship", "websearch", "artifacts",
    "logfwdr",   "containers",           "exports"};

size_t rank_of(const ApiJson& binding) {
  const std::string type = binding.value("type", std::string());
  // The assets come after everything.
  if (type == "assets") return kOrder.size() + 1;
  return static_cast<size_t>(std::find(kOrder.begin(), kOrder.end(), type) - kOrder.begin());
}

ApiJson variable(const std::string& name, const std::string& type, const std::string& text) {
  return {{"name", name}, {"type", type}, {"text", text}};
}

bool is_empty(const nlohmann::json& value) {
  return value.is_null() || ((value.is_array() || value.is_object()) && value.empty());
}

void add_deployed_kinds(const Config& config, std::vector<ApiJson>& bindings) {
  for (const char* key : kUnknownKinds) {
    if (config.settings.contains(key) && !is_empty(config.settings[key])) {
      throw Error("This version of cwrangler cannot deploy \"" + std::string(key) + "\"")
          .at({config.path.string(), 0, 0})
          .hint("wrangler can; without the key cwrangler deploys the rest.");
    }
  }
  for (const DeployedKind& kind : deployed_kinds()) {
    const auto list = config.settings.find(kind.key);
    if (list == config.settings.end() || !list->is_array()) continue;
    for (const nlohmann::json& item : *list) {
      ApiJson binding{{"name", item.value("binding", std::string())}, {"type", kind.type}};
      for (const char* property : kind.properties) {
        if (item.contains(property)) binding[property] = item[property];
      }
      bindings.push_back(std::move(binding));
    }
  }
  const nlohmann::json unsafe = config.settings.value("unsafe", nlohmann::json::object());
  if (unsafe.is_object() && unsafe.contains("bindings") && unsafe["bindings"].is_array()) {
    for (const nlohmann::json& item : unsafe["bindings"]) bindings.emplace_back(item);
  }
}

struct ModuleKind {
  ModuleType type;
  const char* name;
  const char* mime;
};

constexpr std::array<ModuleKind, 7> kModuleKinds{{
    {ModuleType::python, "python", "text/x-python"},
    {ModuleType::text, "text", "text/plain"},
    {ModuleType::data, "buffer", "application/octet-stream"},
    {ModuleType::json, "json", "application/json"},
    {ModuleType::esm, "esm", "application/javascript+module"},
    {ModuleType::commonjs, "commonjs", "application/javascript"},
    {ModuleType::wasm, "compiled-wasm", "application/wasm"},
}};

}  // namespace

ApiJson binding_json(const Binding& binding) {
  ApiJson json{{"name", binding.name}, {"type", binding.type}};
  for (const auto& [key, value] : binding.properties.items()) json[key] = value;
  return json;
}

std::vector<ApiJson> upload_bindings(const Config& config, const UploadOptions& options) {
  std::vector<ApiJson> bindings;
  const auto named_in = [](const std::vector<NamedText>& list, const std::string& name) {
    return std::any_of(list.begin(), list.end(),
                       [&name](const NamedText& entry) { return entry.first == name; });
  };
  for (const ConfiguredBinding& configured : config.variables) {
    const std::string& name = configured.binding.name;
    if (named_in(options.variables, name) || named_in(options.secrets, name)) continue;
    bindings.push_back(binding_json(configured.binding));
  }
  for (const auto& [name, text] : options.variables) {
    bindings.push_back(variable(name, "plain_text", text));
  }
  for (const auto& [name, text] : options.secrets) {
    bindings.push_back(variable(name, "secret_text", text));
  }
  for (const ConfiguredBinding& configured : config.bindings) {
    ApiJson binding = binding_json(configured.binding);
    // What a local run calls a model's server by is no business of the account's.
    if (configured.binding.type == "ai") {
      binding.erase("openai_url");
      binding.erase("openai_model");
    }
    bindings.push_back(std::move(binding));
  }
  add_deployed_kinds(config, bindings);
  std::stable_sort(bindings.begin(), bindings.end(), [](const ApiJson& left, const ApiJson& right) {
    return rank_of(left) < rank_of(right);
  });
  return bindings;
}

ApiJson upload_metadata(const Project& project, const UploadOptions& options,
                        const UploadParts& parts) {
  const Config& config = project.config;
  ApiJson metadata{{"main_module", project.main_module}, {"bindings", ApiJson::array()}};
  for (const ApiJson& binding : parts.bindings) metadata["bindings"].push_back(binding);
  metadata["compatibility_date"] = project.compatibility_date;
  if (!config.compatibility_flags.value.empty()) {
    metadata["compatibility_flags"] = config.compatibility_flags.value;
  }
  if (parts.migrations) metadata["migrations"] = *parts.migrations;
  metadata["keep_bindings"] = ApiJson::array();
  const bool keep_variables =
      options.keep_variables || config.settings.value("keep_vars", nlohmann::json()) == true;
  if (keep_variables) {
    metadata["keep_bindings"].push_back("plain_text");
    metadata["keep_bindings"].push_back("json");
  }
  metadata["keep_bindings"].push_back("secret_text");
  metadata["keep_bindings"].push_back("secret_key");
  const auto pass_on = [&](const char* key, const char* as) {
    const auto value = config.settings.find(key);
    if (value != config.settings.end() && !is_empty(*value)) metadata[as] = *value;
  };
  pass_on("logpush", "logpush");
  if (options.logpush) metadata["logpush"] = *options.logpush;
  const nlohmann::json placement = config.settings.value("placement", nlohmann::json::object());
  if (!is_empty(placement) && placement.value("mode", std::string()) != "off") {
    metadata["placement"] = placement;
  }
  pass_on("tail_consumers", "tail_consumers");
  pass_on("streaming_tail_consumers", "streaming_tail_consumers");
  pass_on("limits", "limits");
  ApiJson annotations = ApiJson::object();
  if (!options.message.empty()) annotations["workers/message"] = options.message;
  if (!options.tag.empty()) annotations["workers/tag"] = options.tag;
  if (!options.alias.empty()) annotations["workers/alias"] = options.alias;
  if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
  if (parts.assets) metadata["assets"] = *parts.assets;
  pass_on("observability", "observability");
  pass_on("cache", "cache_options");
  const nlohmann::json unsafe = config.settings.value("unsafe", nlohmann::json::object());
  if (unsafe.is_object() && unsafe.contains("metadata") && unsafe["metadata"].is_object()) {
    for (const auto& [key, value] : unsafe["metadata"].items()) metadata[key] = value;
  }
  return metadata;
}

std::vector<UploadModule> upload_modules(const Project& project) {
  std::vector<UploadModule> modules;
  for (const Module& module : project.modules) {
    const auto* kind =
        std::find_if(kModuleKinds.begin(), kModuleKinds.end(),
                     [&](const ModuleKind& each) { return each.type == module.type; });
    modules.push_back({module.name, kind->name, kind->mime,
                       module.content ? *module.content : read_file(module.path)});
  }
  return modules;
}

MultipartForm upload_form(const ApiJson& metadata, const std::vector<UploadModule>& modules) {
  MultipartForm form;
  form.add_field("metadata", metadata.dump(-1, ' ', false, ApiJson::error_handler_t::replace));
  for (const UploadModule& module : modules) {
    form.add_file(module.name, module.name, module.mime, module.content);
  }
  return form;
}

}  // namespace cwrangler::cli
