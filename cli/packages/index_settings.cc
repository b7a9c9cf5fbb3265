#include "cli/packages/index_settings.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <sstream>
#include <string_view>

#include "base/files.h"
#include "cli/config/toml.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Keys of [tool.uv] that uv takes from pyproject.toml only.
constexpr std::array kProjectKeys{"sources",           "workspace",     "dev-dependencies",
                                  "package",           "managed",       "default-groups",
                                  "dependency-groups", "build-backend", "conflicts"};

constexpr std::array<std::string_view, 6> kSourceOptions{"-i", "--index-url",  "--extra-index-url",
                                                         "-f", "--find-links", "--no-index"};

toml::table uv_settings(const fs::path& project) {
  const fs::path own = project / "uv.toml";
  if (fs::is_regular_file(own)) return parse_toml(read_file(own), own.filename());
  const fs::path pyproject = project / "pyproject.toml";
  if (!fs::is_regular_file(pyproject)) return {};
  const toml::table document = parse_toml(read_file(pyproject), pyproject.filename());
  const toml::table* settings = document["tool"]["uv"].as_table();
  return settings == nullptr ? toml::table() : *settings;
}

/// Whether the user or the machine has settings for uv, which a file of ours would put out of
/// force.
bool has_settings_elsewhere() {
  if (std::getenv("UV_CONFIG_FILE") != nullptr) return true;
  const char* configured = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  const fs::path user = configured != nullptr ? fs::path(configured)
                        : home != nullptr     ? fs::path(home) / ".config"
                                              : fs::path();
  std::error_code failed;
  return fs::exists(user / "uv" / "uv.toml", failed) || fs::exists("/etc/uv/uv.toml", failed);
}

bool is_named_by_a_source(const fs::path& project, const std::string& name) {
  const fs::path pyproject = project / "pyproject.toml";
  if (name.empty() || !fs::is_regular_file(pyproject)) return false;
  const toml::table document = parse_toml(read_file(pyproject), pyproject.filename());
  const toml::table* sources = document["tool"]["uv"]["sources"].as_table();
  if (sources == nullptr) return false;
  for (const auto& [package, source] : *sources) {
    const toml::table* table = source.as_table();
    if (table != nullptr && (*table)["index"].value_or(std::string()) == name) return true;
  }
  return false;
}

bool has_any(const fs::path& project, std::initializer_list<const char*> variables,
             std::initializer_list<const char*> keys) {
  for (const char* name : variables) {
    if (std::getenv(name) != nullptr) return true;
  }
  const toml::table settings = uv_settings(project);
  for (const char* key : keys) {
    if (settings[key] || settings["pip"][key]) return true;
  }
  return false;
}

/// Options of a requirements.txt that say where packages come from
/// (pip.pypa.io, "Requirements File Format").
bool names_source(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  line.remove_prefix(begin);
  return std::any_of(kSourceOptions.begin(), kSourceOptions.end(),
                     [&](std::string_view option) { return line.starts_with(option); });
}

}  // namespace

bool names_own_indexes(const fs::path& project) {
  return has_any(project, {"UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY"},
                 {"index", "extra-index-url", "index-strategy"});
}

bool names_any_index(const fs::path& project, const std::vector<fs::path>& inputs) {
  if (names_own_indexes(project) ||
      has_any(project, {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE"},
              {"index-url", "find-links", "no-index"})) {
    return true;
  }
  return std::any_of(inputs.begin(), inputs.end(), [](const fs::path& input) {
    if (input.extension() == ".toml") return false;  // its settings were looked at
    std::istringstream lines(read_file(input));
    std::string line;
    while (std::getline(lines, line)) {
      if (names_source(line)) return true;
    }
    return false;
  });
}

std::optional<std::string> settings_without_index(const fs::path& project,
                                                  const std::string& address, std::string& index) {
  toml::table settings = uv_settings(project);
  toml::array* indexes = settings["index"].as_array();
  if (indexes == nullptr || address.empty() || has_settings_elsewhere()) return {};
  toml::array kept;
  for (toml::node& node : *indexes) {
    const toml::table* entry = node.as_table();
    const std::string url =
        entry == nullptr ? std::string() : (*entry)["url"].value_or(std::string());
    const bool is_it = !url.empty() && address.starts_with(url) &&
                       !(*entry)["default"].value_or(false) &&
                       !is_named_by_a_source(project, (*entry)["name"].value_or(std::string()));
    if (is_it) {
      index = url;
    } else {
      kept.push_back(node);
    }
  }
  if (index.empty()) return {};
  settings.insert_or_assign("index", std::move(kept));
  for (const char* key : kProjectKeys) settings.erase(key);
  std::ostringstream text;
  text << settings << '\n';
  return text.str();
}

}  // namespace cwrangler::cli
