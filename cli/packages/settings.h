// What pyproject.toml says to cwrangler itself about packages: `[tool.cwrangler]`, and
// `[tool.pywrangler]` for projects that come from there. docs/packages.md is the user's copy.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/toml.h"

namespace cwrangler::cli {

struct PackageSettings {
  /// "pyproject.toml" or "requirements.txt" when both name dependencies; empty: not chosen.
  std::string dependencies_from;
  /// Packages whose build may run with this machine's Python, outside of the Worker's interpreter.
  bool allow_every_build = false;
  std::vector<std::string> allowed_builds;  ///< normalised names
  /// The index of the Pyodide release: nothing for the release's own, empty for none.
  std::optional<std::string> pyodide_index;
  std::vector<std::string> extras;  ///< of `[project.optional-dependencies]`
  std::vector<std::string> groups;  ///< of `[dependency-groups]`
  /// Packages to leave out although something requires them; normalised names.
  std::vector<std::string> exclude;

  bool may_build(std::string_view package) const;
};

/// Reads them from a parsed pyproject.toml. `file` and `source` are for messages. Throws Error at
/// the place of an unknown key or a value of the wrong type.
PackageSettings read_package_settings(const toml::table& document,
                                      const std::filesystem::path& file, const std::string& source);

}  // namespace cwrangler::cli
