// A Worker's project on disk, ready to be run: its configuration, modules, local secrets and Python
// version, and what to watch to know when to load it again.

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/worker_config.h"
#include "cli/config/config.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

struct ProjectOptions {
  ConfigRequest config;
  std::string
      python_version;  ///< --python; empty: CWRANGLER_PYTHON, else the configuration decides
  std::vector<std::filesystem::path> env_files;  ///< --env-file, absolute; instead of .dev.vars
  std::vector<std::pair<std::string, std::string>> variables;  ///< --var NAME:value
  bool local_secrets = true;  ///< read .dev.vars and the like: a deployment does not
  std::function<std::chrono::system_clock::time_point()> clock = &std::chrono::system_clock::now;
  EnvironmentLookup environment_variable;  ///< of this process; empty function: the real one
};

struct Project {
  Config config;
  std::filesystem::path module_root;
  std::string main_module;
  std::vector<Module> modules;  ///< the entry point first
  /// From .dev.vars, .env and --var: secret_text bindings that take the place of `vars`. Their
  /// values must not be printed.
  std::vector<Binding> secrets;
  std::vector<std::filesystem::path> secret_files;  ///< where they are from
  std::string openai_key;          ///< for models of a server of OpenAI's API; must not be printed
  std::string compatibility_date;  ///< the configuration's, or today
  std::string python_version;      ///< what a local run uses
  std::string production_python_version;  ///< what date and flags say

  /// A change in one of these folders (not below them), or of one of these files, which need not
  /// exist yet, is a reason to load the project again.
  std::vector<std::filesystem::path> watched_folders;
  std::vector<std::filesystem::path> watched_files;

  /// What the user should know; several lines each. Those of the configuration are among them.
  std::vector<std::string> warnings;
};

/// Reads the project. Throws Error, in wrangler's words and with what to do, when the configuration
/// is wrong, names no entry point or one that is not there, or lacks the flag python_workers.
Project load_project(const ProjectOptions& options);

/// The same without entry point, modules and secrets, for commands that run no code: configuration,
/// compatibility date and Python version.
Project load_project_settings(const ProjectOptions& options);

/// What the runtime is told: local bindings use their preview ids, and secrets win over variables.
WorkerConfig make_worker_config(const Project& project);

}  // namespace cwrangler::cli
