#include "cli/packages/known_packages.h"

#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "cli/config/toml.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Calls `visit(name, table)` for each table in the table `key`.
template <typename Visit>
void each_table(const toml::table& document, std::string_view key, const Visit& visit) {
  const toml::table* tables = document[key].as_table();
  if (tables == nullptr) return;
  for (const auto& [name, node] : *tables) {
    if (const toml::table* table = node.as_table()) visit(std::string(name.str()), *table);
  }
}

std::string text(const toml::table& table, std::string_view key) {
  return table[key].value_or(std::string());
}

}  // namespace

const TargetPython& KnownPackages::python(std::string_view version) const {
  const auto found = pythons.find(version);
  if (found == pythons.end()) {
    throw Error("this install of cwrangler knows no Python " + std::string(version))
        .hint("Reinstall cwrangler, or choose another version with --python.");
  }
  return found->second;
}

KnownPackages parse_known_packages(const std::string& source, const std::string& file) {
  const toml::table document = parse_toml(source, file);
  KnownPackages known;
  each_table(document, "python", [&](std::string name, const toml::table& table) {
    known.pythons[std::move(name)] = {text(table, "version"), text(table, "pyodide"),
                                      text(table, "index"), table["first"].value_or(false)};
  });
  each_table(document, "pure", [&](std::string name, const toml::table& table) {
    std::map<std::string, std::string>& environment = known.pure[std::move(name)];
    const toml::table* variables = table["environment"].as_table();
    if (variables == nullptr) return;
    for (const auto& [variable, value] : *variables) {
      environment[std::string(variable.str())] = value.value_or(std::string());
    }
  });
  each_table(document, "optional", [&](std::string name, const toml::table& table) {
    OptionalPackage& optional = known.optional[std::move(name)];
    optional.effect = text(table, "effect");
    const toml::array* dependents = table["dependents"].as_array();
    if (dependents == nullptr) return;
    for (const toml::node& node : *dependents) {
      optional.dependents.push_back(node.value_or(std::string()));
    }
  });
  if (const toml::table* alternatives = document["alternatives"].as_table()) {
    for (const auto& [name, value] : *alternatives) {
      known.alternatives[std::string(name.str())] = value.value_or(std::string());
    }
  }
  return known;
}

const KnownPackages& known_packages() {
  static const KnownPackages known = [] {
    const fs::path file = share_directory() / "packages.toml";
    return parse_known_packages(read_file(file), file.string());
  }();
  return known;
}

std::map<std::string, std::string, std::less<>> pyodide_distribution(std::string_view python) {
  std::map<std::string, std::string, std::less<>> versions;
  const fs::path file = share_directory() / "pyodide" / python / "packages.txt";
  std::error_code failed;
  if (!fs::is_regular_file(file, failed)) return versions;
  std::istringstream lines(read_file(file));
  std::string name;
  std::string version;
  while (lines >> name >> version) versions[name] = version;
  return versions;
}

}  // namespace cwrangler::cli
