// What a project says it depends on: `[project].dependencies` of pyproject.toml, or
// requirements.txt. Extras and dependency groups are part of the Worker only when
// `[tool.cwrangler]` names them: usually they are the developer's own tools (pywrangler's rule).

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/packages/settings.h"

namespace cwrangler::cli {

/// One entry of `[project].dependencies`, or one line of requirements.txt.
struct Requirement {
  std::string text;                 ///< "pydantic>=2"
  std::string name;                 ///< normalised: "pydantic"
  SourcePosition position;          ///< where it is written
  std::vector<std::string> hashes;  ///< "sha256:…": the only files that may be installed for it
};

struct Dependencies {
  /// pyproject.toml or requirements.txt; empty when the project depends on nothing.
  std::filesystem::path source;
  /// The entries of pyproject.toml; of requirements.txt the lines that begin with a name.
  std::vector<Requirement> requirements;
  /// Every file whose content decides what is installed, less the lock: `source`, what a
  /// requirements.txt includes with -r and -c, the project's uv.toml.
  std::vector<std::filesystem::path> inputs;
  PackageSettings settings;  ///< of pyproject.toml, with a requirements.txt as well

  bool empty() const { return source.empty(); }
  /// Where a package is asked for; an empty position when only another package requires it.
  SourcePosition position_of(std::string_view package) const;
};

/// Reads them. `project`: the folder of the Worker's configuration file. Throws Error for a file
/// that cannot be parsed, as pyproject_requirements does, and when both files name dependencies and
/// `[tool.cwrangler] dependencies-from` chooses none.
Dependencies read_dependencies(const std::filesystem::path& project);

/// The entries of `[project].dependencies` in the text of the pyproject.toml `file`. Throws Error
/// for what is no TOML or no requirement, for a project that uv would have to execute (no name or
/// version), and for one that depends on a package of its own name.
std::vector<Requirement> pyproject_requirements(const std::string& content,
                                                const std::filesystem::path& file);

/// The files that decide what is installed, as far as they can be told: for watching. Does not
/// throw for files that are wrong.
std::vector<std::filesystem::path> dependency_files(const std::filesystem::path& project);

/// The form in which names are compared: lowercase, runs of `-_.` as one dash
/// (packaging.python.org, "Name normalization").
std::string normalized_package_name(std::string_view name);

/// The name at the start of a requirement ("Jinja2[x]>=3" gives "jinja2"); empty when there is
/// none.
std::string requirement_name(std::string_view requirement);

}  // namespace cwrangler::cli
