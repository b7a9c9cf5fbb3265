#include "cli/project/project.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/uuid.h"
#include "cli/config/utc_time.h"
#include "cli/project/compatibility_choice.h"
#include "cli/project/local_variables.h"
#include "cli/project/module_collection.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> real_environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

/// A path as short as the user would type it from the project root.
std::string shown(const Config& config, const fs::path& path) {
  return path.lexically_proximate(config.directory).string();
}

void check_entry_point(const Config& config) {
  const fs::path& main = config.main.value;
  if (main.empty()) {
    throw error_in(config, {}, "Missing entry-point to Worker script")
        .hint(advice_to_add(config, "main", "\"src/entry.py\""));
  }
  std::error_code ignored;
  if (!fs::is_regular_file(main, ignored)) {
    std::string advice = "\"main\" is relative to the configuration file's folder.";
    const fs::path usual = config.directory / "src" / "entry.py";
    if (fs::is_regular_file(usual, ignored)) advice += " There is a src/entry.py: is it that?";
    throw error_in(config, config.main.at,
                   "The entry-point file at \"" + shown(config, main) + "\" was not found.")
        .hint(advice);
  }
  if (main.extension() != ".py") {
    throw error_in(config, config.main.at,
                   "Main module needs to end with a .py file extension: " + shown(config, main))
        .hint("cwrangler runs Python Workers; wrangler runs those in JavaScript.");
  }
}

void choose_compatibility_date(const ProjectOptions& options, Project& project) {
  project.compatibility_date = project.config.compatibility_date.value;
  if (!project.compatibility_date.empty()) return;
  project.compatibility_date = utc_date(options.clock());
  project.warnings.push_back(
      "No compatibility_date was specified. Using today's date: " + project.compatibility_date +
      ".\nDeploying needs one, and it keeps the Worker's behaviour as it "
      "is.\n" +
      advice_to_add(project.config, "compatibility_date",
                    "\"" + project.compatibility_date + "\""));
}

void choose_python(const ProjectOptions& options, Project& project) {
  const Compatibility compatibility =
      resolve_project_compatibility(project.config, project.compatibility_date);
  project.warnings.insert(project.warnings.end(), compatibility.warnings.begin(),
                          compatibility.warnings.end());
  project.production_python_version = compatibility.python_version();
  project.python_version = project.production_python_version;
  std::string source = "--python";
  std::string wanted = options.python_version;
  if (wanted.empty()) {
    source = "CWRANGLER_PYTHON";
    wanted = options.environment_variable(source).value_or("");
  }
  if (wanted.empty()) return;
  check_python_version(wanted, source);
  project.python_version = wanted;
  if (wanted == project.production_python_version) return;
  std::string warning = "Running Python " + wanted + ", as " + source +
                        " says; production will use Python " + project.production_python_version +
                        " (compatibility_date " + project.compatibility_date + ").";
  if (wanted == "3.14") {
    warning += "\nWith a compatibility_date from 2026-09-08 on, production uses Python 3.14.";
  }
  project.warnings.push_back(std::move(warning));
}

/// With `secrets.required` in the configuration, files give only those and the variables.
bool is_wanted(const Config& config, const std::string& name) {
  if (!config.required_secrets) return true;
  return std::any_of(config.required_secrets->begin(), config.required_secrets->end(),
                     [&name](const auto& secret) { return secret.value == name; }) ||
         std::any_of(config.variables.begin(), config.variables.end(),
                     [&name](const auto& variable) { return variable.binding.name == name; });
}

void warn_of_missing_secrets(Project& project) {
  std::string missing;
  for (const auto& secret : project.config.required_secrets.value_or(Config::Secrets())) {
    const bool there =
        std::any_of(project.secrets.begin(), project.secrets.end(),
                    [&secret](const Binding& known) { return known.name == secret.value; });
    if (!there) missing += (missing.empty() ? "" : ", ") + secret.value;
  }
  if (missing.empty()) return;
  project.warnings.push_back("Missing required secrets: " + missing +
                             ". Add them to .dev.vars, .env, or set as environment variables.");
}

void load_secrets(const ProjectOptions& options, Project& project) {
  LocalVariables local = load_local_variables({project.config.directory, project.config.environment,
                                               options.env_files, options.environment_variable,
                                               project.config.required_secrets.has_value()});
  auto add = [&project](const std::string& name, const std::string& value) {
    std::erase_if(project.secrets, [&name](const Binding& known) { return known.name == name; });
    project.secrets.push_back({name, "secret_text", {{"text", value}}});
  };
  for (const DotenvFile::Entry& entry : local.entries) {
    if (is_wanted(project.config, entry.name)) add(entry.name, entry.value);
  }
  for (const auto& [name, value] : options.variables) add(name, value);
  project.secret_files = std::move(local.read);
  project.watched_files.insert(project.watched_files.end(), local.candidates.begin(),
                               local.candidates.end());
  project.warnings.insert(project.warnings.end(), local.warnings.begin(), local.warnings.end());
  warn_of_missing_secrets(project);
}

/// Databases of Hyperdrive bindings that the environment names, as wrangler reads it: they come
/// before those of the configuration.
void set_local_databases(const ProjectOptions& options, Project& project) {
  for (ConfiguredBinding& configured : project.config.bindings) {
    if (configured.binding.type != "hyperdrive") continue;
    const std::string name = "HYPERDRIVE_LOCAL_CONNECTION_STRING_" + configured.binding.name;
    std::optional<std::string> database = options.environment_variable("CLOUDFLARE_" + name);
    if (!database) {
      database = options.environment_variable("WRANGLER_" + name);
      if (!database) continue;
      project.warnings.push_back("WRANGLER_" + name + " is deprecated: set CLOUDFLARE_" + name +
                                 " in its place.");
    }
    configured.local["local_connection_string"] = *database;
  }
}

/// A local run is a version of its own, without a tag.
nlohmann::json make_version(const ProjectOptions& options) {
  return {{"id", random_uuid()}, {"tag", ""}, {"timestamp", utc_time(options.clock())}};
}

void set_versions(const ProjectOptions& options, Project& project) {
  for (ConfiguredBinding& configured : project.config.bindings) {
    if (configured.binding.type == "version_metadata") configured.local = make_version(options);
  }
}

ProjectOptions with_environment(ProjectOptions options) {
  if (!options.environment_variable) options.environment_variable = &real_environment_variable;
  return options;
}

}  // namespace

Project load_project_settings(const ProjectOptions& given) {
  const ProjectOptions options = with_environment(given);
  Project project;
  project.config = load_config(options.config);
  project.warnings = project.config.warnings;
  choose_compatibility_date(options, project);
  choose_python(options, project);
  return project;
}

Project load_project(const ProjectOptions& given) {
  const ProjectOptions options = with_environment(given);
  Project project;
  project.config = load_config(options.config);
  project.warnings = project.config.warnings;
  check_entry_point(project.config);
  choose_compatibility_date(options, project);
  choose_python(options, project);

  ModuleCollection collection = collect_modules(project.config);
  project.module_root = std::move(collection.module_root);
  project.main_module = std::move(collection.main_module);
  project.modules = std::move(collection.modules);
  project.warnings.insert(project.warnings.end(), collection.warnings.begin(),
                          collection.warnings.end());

  project.watched_folders = std::move(collection.folders);
  project.watched_files = {project.config.path, project.config.main.value};
  for (const char* name : {"pyproject.toml", "requirements.txt", "pylock.toml"}) {
    project.watched_files.push_back(project.config.directory / name);
  }
  if (options.local_secrets) load_secrets(options, project);
  set_local_databases(options, project);
  set_versions(options, project);
  project.openai_key = options.environment_variable("OPENAI_API_KEY").value_or("");
  return project;
}

WorkerConfig make_worker_config(const Project& project) {
  const Config& config = project.config;
  WorkerConfig worker;
  worker.name = config.name.empty() ? "worker" : config.name;
  worker.main_module = project.main_module;
  worker.compatibility_date = project.compatibility_date;
  worker.compatibility_flags = config.compatibility_flags.value;
  worker.python_version = project.python_version;
  worker.modules = project.modules;
  worker.cpu_limit_ms = config.cpu_limit_ms;
  worker.subrequest_limit = config.subrequest_limit;
  if (config.assets && !config.assets->directory.empty()) {
    // The upload API has the files already; a local run reads them where they are.
    worker.assets = config.assets->settings;
    worker.assets["directory"] = config.assets->directory.string();
  }
  worker.queue_consumers = config.queue_consumers;
  worker.state_directory = (config.directory / ".wrangler" / "state" / "v3").string();

  auto is_secret = [&project](const std::string& name) {
    return std::any_of(project.secrets.begin(), project.secrets.end(),
                       [&name](const Binding& secret) { return secret.name == name; });
  };
  for (const ConfiguredBinding& variable : config.variables) {
    if (!is_secret(variable.binding.name)) worker.bindings.push_back(variable.binding);
  }
  worker.bindings.insert(worker.bindings.end(), project.secrets.begin(), project.secrets.end());
  for (const ConfiguredBinding& configured : config.bindings) {
    if (is_secret(configured.binding.name)) continue;
    Binding binding = configured.binding;
    binding.properties = configured.local;
    if (binding.properties.contains("openai_url")) {
      binding.properties["openai_key"] = project.openai_key;
    }
    worker.bindings.push_back(std::move(binding));
  }
  return worker;
}

}  // namespace cwrangler::cli
