#include "cli/packages/settings.h"

#include <algorithm>

#include "base/error.h"
#include "cli/config/document.h"
#include "cli/packages/dependencies.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kKeys = {"allow-build", "dependencies-from", "exclude", "extras",
                                        "groups",      "pyodide-index"};

/// Reads values of the table with their places at hand for complaints.
class SettingsReader {
 public:
  SettingsReader(const fs::path& file, const std::string& source) : file_(file), source_(source) {}

  Error error_at(const toml::node& node, const std::string& problem) const {
    const toml::source_position& begin = node.source().begin;
    const int line = static_cast<int>(begin.line);
    return Error(problem)
        .at({file_.filename().string(), line, static_cast<int>(begin.column)})
        .showing(line_of(source_, line));
  }

  std::vector<std::string> strings(const toml::node& node, const std::string& key) const {
    const toml::array* array = node.as_array();
    std::vector<std::string> result;
    for (size_t i = 0; array != nullptr && i < array->size(); ++i) {
      const auto text = (*array)[i].value<std::string>();
      if (!text) throw error_at((*array)[i], key + " must be an array of strings");
      result.push_back(*text);
    }
    if (array == nullptr) throw error_at(node, key + " must be an array of strings");
    return result;
  }

  std::vector<std::string> names(const toml::node& node, const std::string& key) const {
    std::vector<std::string> result = strings(node, key);
    for (std::string& name : result) name = normalized_package_name(name);
    return result;
  }

 private:
  const fs::path& file_;
  const std::string& source_;
};

void read_cwrangler(const toml::table& table, const SettingsReader& reader,
                    PackageSettings& settings) {
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    const std::string shown = "tool.cwrangler." + key;
    if (key == "dependencies-from") {
      settings.dependencies_from = node.value_or(std::string());
      if (settings.dependencies_from != "pyproject.toml" &&
          settings.dependencies_from != "requirements.txt") {
        throw reader.error_at(node, shown + " is \"pyproject.toml\" or \"requirements.txt\"");
      }
    } else if (key == "allow-build") {
      const auto all = node.value<bool>();
      if (all) {
        settings.allow_every_build = *all;
      } else if (node.is_array()) {
        settings.allowed_builds = reader.names(node, shown);
      } else {
        throw reader.error_at(node, shown + " is true, false or a list of package names");
      }
    } else if (key == "pyodide-index") {
      const auto address = node.value<std::string>();
      if (!address && node.value<bool>() != false) {
        throw reader.error_at(node, shown + " is the address of an index, or false for none");
      }
      settings.pyodide_index = address.value_or("");
    } else if (key == "extras") {
      settings.extras = reader.strings(node, shown);
    } else if (key == "groups") {
      settings.groups = reader.strings(node, shown);
    } else if (key == "exclude") {
      settings.exclude = reader.names(node, shown);
    } else {
      const std::string nearest = nearest_word(key, kKeys);
      Error error = reader.error_at(node, "unknown key: " + shown);
      throw error.hint(nearest.empty() ? "docs/packages.md lists the keys."
                                       : "Did you mean \"" + nearest + "\"?");
    }
  }
}

}  // namespace

bool PackageSettings::may_build(std::string_view package) const {
  return allow_every_build ||
         std::find(allowed_builds.begin(), allowed_builds.end(), package) != allowed_builds.end();
}

PackageSettings read_package_settings(const toml::table& document, const fs::path& file,
                                      const std::string& source) {
  PackageSettings settings;
  settings.allow_every_build = document["tool"]["pywrangler"]["allow-build"].value_or(false);
  if (const toml::table* table = document["tool"]["cwrangler"].as_table()) {
    read_cwrangler(*table, SettingsReader(file, source), settings);
  }
  return settings;
}

}  // namespace cwrangler::cli
