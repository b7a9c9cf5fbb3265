#include "cli/project/module_rules.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

/// The types' names in a configuration.
constexpr std::array<std::pair<std::string_view, ModuleType>, 6> kTypes{{
    {"PythonModule", ModuleType::python},
    {"Text", ModuleType::text},
    {"Data", ModuleType::data},
    {"ESModule", ModuleType::esm},
    {"CommonJS", ModuleType::commonjs},
    {"CompiledWasm", ModuleType::wasm},
}};

ModuleType parse_type(const Config& config, const ModuleRule& rule) {
  std::vector<std::string> names;
  for (const auto& [name, type] : kTypes) {
    if (name == rule.type) return type;
    names.emplace_back(name);
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  const std::string nearest = nearest_word(rule.type, names);
  throw error_in(config, rule.at, "A rule has the unknown module type \"" + rule.type + "\".")
      .hint((nearest.empty() ? "" : "Did you mean \"" + nearest + "\"? ") +
            "The types are: " + list + ".");
}

}  // namespace

ModuleRules::ModuleRules(const Config& config, std::vector<std::string>& warnings) {
  // The literal "?" of the last glob is wrangler's: the query of a JavaScript import.
  const std::vector<ModuleRule> built_in{
      {"Text", {"**/*.txt", "**/*.html", "**/*.sql"}, false, {}},
      {"Data", {"**/*.bin"}, false, {}},
      {"CompiledWasm", {"**/*.wasm", "**/*.wasm?module"}, false, {}},
      {"PythonModule", {"**/*.py"}, false, {}},
  };
  std::map<ModuleType, const ModuleRule*> ended;
  auto add = [&](const ModuleRule& rule, bool is_users) {
    const ModuleType type = parse_type(config, rule);
    if (const auto earlier = ended.find(type); earlier != ended.end()) {
      if (!is_users) return;
      warnings.push_back("The module rule at " + rule.at.to_string() + " has the same type (" +
                         rule.type + ") as the one at " + earlier->second->at.to_string() +
                         " and is ignored.\nAdd `fallthrough = true` to the first to use both.");
      return;
    }
    rules_.push_back({type, {rule.globs.begin(), rule.globs.end()}});
    if (!rule.fallthrough) ended[type] = &rule;
  };
  for (const ModuleRule& rule : config.rules) add(rule, true);
  for (const ModuleRule& rule : built_in) add(rule, false);
}

std::optional<ModuleType> ModuleRules::type_of(std::string_view name) const {
  for (const Rule& rule : rules_) {
    if (std::any_of(rule.globs.begin(), rule.globs.end(),
                    [name](const Glob& glob) { return glob.matches(name); })) {
      return rule.type;
    }
  }
  return std::nullopt;
}

}  // namespace cwrangler::cli
