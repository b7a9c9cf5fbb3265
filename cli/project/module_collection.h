// Which files of a project are modules of the Worker, by wrangler's rules (no bundling: Python
// Workers are uploaded file by file), and which folders were looked into.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/worker_config.h"
#include "cli/config/config.h"

namespace cwrangler::cli {

struct ModuleCollection {
  std::filesystem::path module_root;  ///< `base_dir`, or the folder of `main`
  std::string main_module;            ///< the entry point's name: always a bare file name
  std::vector<Module> modules;        ///< the entry point first, the others by name
  /// Every folder below the module root that was looked into, itself included; python_modules,
  /// where it exists, but not the folders in it. For watching.
  std::vector<std::filesystem::path> folders;
  std::vector<std::string> warnings;
};

/// Collects by docs/configuration.md, "Modules". `config.main` is an existing .py file.
///
/// Not entered, at any depth: .wrangler, .git, .venv*, node_modules, __pycache__ (wrangler enters
/// all but the first, and uploads a virtual environment that lies beside the entry point).
///
/// Throws Error when python_modules is inside a module root that is not the project root, when a
/// vendored module has the entry point's name, or when a rule names an unknown module type.
ModuleCollection collect_modules(const Config& config);

}  // namespace cwrangler::cli
