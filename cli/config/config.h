// A Worker's configuration, read from wrangler.toml, wrangler.json or wrangler.jsonc, validated,
// with the chosen environment already applied. docs/configuration.md describes the keys for users.

#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/worker_config.h"
#include "cli/config/diagnostics.h"

namespace cwrangler::cli {

/// A value and where the file says so; `at` has no file when the value is a default.
template <typename T>
struct Located {
  T value{};
  SourcePosition at;
};

/// One entry of `rules`: which files of the module root are modules of which type.
struct ModuleRule {
  std::string type;  ///< the file's word: "Text", "Data", "CompiledWasm", "ESModule", …
  std::vector<std::string> globs;
  bool fallthrough = false;
  SourcePosition at;
};

/// A resource of `env` as configured.
struct ConfiguredBinding {
  std::string label;     ///< "KV Namespace", as messages call its kind
  Binding binding;       ///< as the upload API takes it
  nlohmann::json local;  ///< properties that take the place of `binding.properties` in local runs
  nlohmann::json settings;  ///< everything the file says of it, under the file's keys
  SourcePosition at;
};

struct AssetsConfig {
  std::filesystem::path directory;  ///< absolute; empty: not set
  std::string binding;              ///< empty: none
  nlohmann::json settings;          ///< html_handling, not_found_handling, run_worker_first
};

struct Config {
  std::filesystem::path path;             ///< absolute path of the file
  std::filesystem::path directory;        ///< where it is: the project root
  std::string source;                     ///< its text, for showing lines of it
  std::string environment;                ///< the chosen one; empty: the top level
  std::vector<std::string> environments;  ///< the names of all
  std::string top_level_name;             ///< `name` of the top level; may be empty

  std::string name;  ///< with "-ENVIRONMENT" where that has no name of its own; may be empty
  Located<std::filesystem::path> main;      ///< absolute; empty: not set
  std::filesystem::path base_directory;     ///< absolute; empty: not set
  Located<std::string> compatibility_date;  ///< YYYY-MM-DD; empty: not set
  Located<std::vector<std::string>> compatibility_flags;
  std::vector<SourcePosition> compatibility_flag_positions;  ///< one for each
  std::vector<ModuleRule> rules;
  std::vector<std::string> python_modules_exclude;  ///< globs; **/*.pyc when not set

  /// `vars`: plain_text bindings for strings, json for everything else.
  std::vector<ConfiguredBinding> variables;
  /// All the others, in the order of the upload.
  std::vector<ConfiguredBinding> bindings;
  std::optional<AssetsConfig> assets;
  std::vector<std::string> crons;
  std::vector<std::string> routes;              ///< the patterns of `route` and `routes`
  std::vector<nlohmann::json> queue_consumers;  ///< under the file's keys
  std::vector<nlohmann::json> migrations;       ///< of Durable Objects, under the file's keys

  int cpu_limit_ms = 0;      ///< `limits.cpu_ms`; 0: not set
  int subrequest_limit = 0;  ///< `limits.subrequests`; 0: not set

  /// `secrets.required`: secrets that the Worker cannot do without; nothing: the key is not there.
  using Secrets = std::vector<Located<std::string>>;
  std::optional<Secrets> required_secrets;

  std::string account_id;  ///< empty: not set

  /// Every key that is set, under its own name, as it holds in the chosen environment: for what
  /// only a deployment reads.
  nlohmann::json settings = nlohmann::json::object();

  std::string dev_ip;    ///< `dev.ip`; empty: not set
  int dev_port = 0;      ///< `dev.port`; 0: not set
  std::string dev_host;  ///< `dev.host`; empty: not set
  std::string
      dev_upstream_protocol;  ///< `dev.upstream_protocol`: "http" or "https"; empty: not set
  bool dev_https = false;     ///< `dev.local_protocol`

  /// What the user should know and can run in spite of; several lines each.
  std::vector<std::string> warnings;
};

/// An Error at a value of the configuration, showing its line. Where the file says nothing (`at` is
/// empty), it points at the file.
Error error_in(const Config& config, const SourcePosition& at, std::string problem);

/// The configuration file that is in charge in `directory` (absolute): the nearest wrangler.json in
/// it or above, else the nearest wrangler.jsonc, else the nearest wrangler.toml (wrangler's order).
/// Empty when there is none.
std::filesystem::path find_config_file(const std::filesystem::path& directory);

/// What a command line says in place of the file; what is empty is left as the file has it.
struct ConfigOverrides {
  std::filesystem::path main;    ///< absolute
  std::filesystem::path assets;  ///< absolute
  std::string name;
  std::string compatibility_date;  ///< YYYY-MM-DD
  std::vector<std::string> compatibility_flags;
  std::vector<std::string> routes;
};

struct ConfigRequest {
  std::filesystem::path directory;  ///< absolute
  std::string config_file;  ///< relative to `directory`, or absolute; empty: find_config_file
  std::string environment;  ///< empty: the top level
  ConfigOverrides overrides = {};
};

/// Reads and validates. Throws Error with everything that is wrong, each with its place: no file,
/// not TOML or JSONC, wrong types, missing sub-keys, equal binding names, unknown environment.
Config load_config(const ConfigRequest& request);

/// The same for text that was read before. `path` says the format and the project root.
Config parse_config(const std::filesystem::path& path, std::string source,
                    const std::string& environment);

/// A configuration with everything that was found in it.
struct ConfigReport {
  std::optional<Config> config;  ///< nothing when there are errors
  Diagnostics diagnostics;
};

/// The same for who wants the findings one by one. Throws Error only for what cannot be parsed.
ConfigReport inspect_config(const std::filesystem::path& path, std::string source,
                            const std::string& environment);

/// The file that a request means. Throws Error when there is none.
std::filesystem::path locate_config_file(const ConfigRequest& request);

}  // namespace cwrangler::cli
