// Settings that let editors and type checkers find a Worker's packages: pyright (Pylance) and mypy
// look for them in the machine's Python, not in python_modules.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cwrangler::cli {

struct EditorSettings {
  std::vector<std::string> written;  ///< names of files that were made
  std::vector<std::string> kept;     ///< the user's own, with what to add to them
};

/// Makes pyrightconfig.json and mypy.ini, each only when the project has no settings for that tool
/// yet; and makes the links that they name. Throws Error when a file cannot be
/// written.
EditorSettings write_editor_settings(const std::filesystem::path& project);

}  // namespace cwrangler::cli
