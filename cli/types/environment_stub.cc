#include "cli/types/environment_stub.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "cli/types/python_classes.h"

namespace cwrangler::cli {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 35> kKeywords{
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

/// The type in bindings.pyi of each kind of binding, by the upload API's name. Kinds that are not
/// here have no type of their own.
const std::map<std::string, std::string_view, std::less<>> kTypes = {
    {"kv_namespace", "KVNamespace"},
    {"d1", "D1Database"},
    {"r2_bucket", "R2Bucket"},
    {"queue", "Queue"},
    {"service", "Fetcher"},
    {"assets", "Fetcher"},
    {"ai", "Ai"},
    {"vectorize", "VectorizeIndex"},
    {"hyperdrive", "Hyperdrive"},
    {"analytics_engine", "AnalyticsEngineDataset"},
    {"ratelimit", "RateLimit"},
    {"send_email", "SendEmail"},
    {"secrets_store_secret", "SecretsStoreSecret"},
    {"version_metadata", "WorkerVersionMetadata"},
    {"worker_loader", "WorkerLoader"},
};

bool is_identifier(std::string_view name) {
  auto is_inner = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0;
  };
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), is_inner) &&
         std::find(kKeywords.begin(), kKeywords.end(), name) == kKeywords.end();
}

/// A string literal of Python: JSON has no escape that Python does not have as well.
std::string literal(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

class StubWriter {
 public:
  StubWriter(const StubInput& input, const StubOptions& options)
      : input_(input), options_(options) {}

  std::string write(std::string_view bindings) {
    for (const Config& config : input_.configs) collect(config);
    for (const std::string& secret : input_.secrets) replace(secret, "str");

    std::string text =
        "# Made by `cwrangler types` from the Worker's configuration; do not edit.\n"
        "# ruff: noqa\n"
        "# pyright: reportUnusedFunction=false, reportIncompatibleMethodOverride=false\n"
        "# mypy: disable-error-code=\"override\"\n";
    text += without_comments(bindings);
    text += "\n# --- This Worker\n\n";
    for (const std::string& name : imports_) {
      text += "from " + input_.entry_module + " import " + name + " as _" + name + "\n";
    }
    if (!imports_.empty()) text += "\n";
    for (const auto& [name, methods] : remotes_) {
      text += "class _" + name + "Stub(_" + name + "):\n";
      for (const std::string& method : methods) {
        text += "    @_remote(_" + name + "." + method + ")\n";
        text += "    def " + method + "(self) -> Any: ...\n";
      }
      text += "\n";
    }
    text += "class Env:\n    \"\"\"The Worker's bindings, variables and secrets.\"\"\"\n";
    if (!names_.empty()) text += "\n";
    for (const std::string& name : names_) {
      std::string type;
      for (const std::string& part : types_[name]) type += (type.empty() ? "" : " | ") + part;
      text += "    " + name + ": " + type + "\n";
    }
    return text;
  }

 private:
  /// What begins with "#" in the first lines is for who reads that file.
  static std::string without_comments(std::string_view bindings) {
    while (bindings.starts_with('#')) bindings.remove_prefix(bindings.find('\n') + 1);
    return std::string(bindings);
  }

  void add(const std::string& name, const std::string& type) {
    if (!is_identifier(name)) return;
    if (!types_.contains(name)) names_.push_back(name);
    std::vector<std::string>& types = types_[name];
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
  }

  /// A secret takes the place of a variable of the same name.
  void replace(const std::string& name, const std::string& type) {
    if (types_.contains(name)) types_[name].clear();
    add(name, type);
  }

  void collect(const Config& config) {
    for (const ConfiguredBinding& binding : config.bindings) {
      add(binding.binding.name, type_of(binding));
    }
    for (const ConfiguredBinding& variable : config.variables) {
      add(variable.binding.name, type_of_value(variable.settings));
    }
    for (const auto& secret : config.required_secrets.value_or(Config::Secrets())) {
      add(secret.value, "str");
    }
  }

  /// `_Name` when the entry point has the class; it is imported then.
  std::string own_class(const std::string& name) {
    if (input_.entry_module.empty() || !is_identifier(name) ||
        !has_class(input_.entry_source, name)) {
      return {};
    }
    imports_.insert(name);
    return "_" + name;
  }

  /// The class as another Worker calls it: what its plain methods return has to be awaited.
  std::string remote_class(const std::string& name) {
    const std::string own = own_class(name);
    if (own.empty()) return {};
    std::vector<std::string> methods = plain_methods(input_.entry_source, name);
    std::erase_if(methods, [](const std::string& method) { return !is_identifier(method); });
    if (methods.empty()) return own;
    remotes_[name] = std::move(methods);
    return own + "Stub";
  }

  static std::string text(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  }

  std::string type_of(const ConfiguredBinding& binding) {
    const std::string& kind = binding.binding.type;
    const std::string class_name = text(binding.settings, "class_name");
    const bool elsewhere = !text(binding.settings, "script_name").empty();
    if (kind == "durable_object_namespace") {
      const std::string own = elsewhere ? "" : remote_class(class_name);
      return "DurableObjectNamespace[" + (own.empty() ? "Fetcher" : own) + "]";
    }
    if (kind == "workflow") {
      const std::string payload =
          elsewhere ? "" : own_payload(workflow_payload(input_.entry_source, class_name));
      return "Workflow[" + (payload.empty() ? "Any" : payload) + "]";
    }
    if (kind == "service") {
      const std::string service = text(binding.settings, "service");
      const bool itself = std::any_of(input_.configs.begin(), input_.configs.end(),
                                      [&](const Config& known) { return known.name == service; });
      const std::string own = itself ? remote_class(text(binding.settings, "entrypoint")) : "";
      if (!own.empty()) return own;
    }
    const auto known = kTypes.find(kind);
    return known != kTypes.end() ? std::string(known->second) : "Any";
  }

  /// Types that need no import are themselves.
  std::string own_payload(const std::string& name) {
    static const std::set<std::string, std::less<>> kBuiltin{"str",  "int",  "float", "bool",
                                                             "dict", "list", "Any",   "None"};
    if (name.empty() || kBuiltin.contains(name)) return name;
    return own_class(name);
  }

  std::string type_of_value(const json& value) const {
    if (value.is_string()) {
      return options_.literal_variables ? "Literal[" + literal(value.get<std::string>()) + "]"
                                        : "str";
    }
    if (value.is_boolean()) {
      if (!options_.literal_variables) return "bool";
      return value.get<bool>() ? "Literal[True]" : "Literal[False]";
    }
    if (value.is_number_integer()) {
      return options_.literal_variables ? "Literal[" + value.dump() + "]" : "int";
    }
    if (value.is_number()) return "float";
    if (value.is_null()) return "None";
    return "Any";  // an object of JavaScript
  }

  const StubInput& input_;
  const StubOptions& options_;
  std::vector<std::string> names_;  ///< in the order of the configuration
  std::map<std::string, std::vector<std::string>> types_;
  std::set<std::string> imports_;
  std::map<std::string, std::vector<std::string>> remotes_;  ///< classes, with plain methods
};

}  // namespace

std::string environment_stub(const StubInput& input, std::string_view bindings,
                             const StubOptions& options) {
  return StubWriter(input, options).write(bindings);
}

}  // namespace cwrangler::cli
