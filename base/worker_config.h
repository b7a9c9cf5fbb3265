// What a runtime needs to know of a Worker. `cwrangler` makes one from wrangler.toml|json|jsonc and
// the project's files; `cwrangler-runtime` serves it. docs/runtime-config.md describes the JSON.

#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cwrangler {

/// The module types of the upload API, less those that a Python Worker cannot have.
enum class ModuleType { python, text, data, json, esm, commonjs, wasm };

/// One module of the bundle. The runtime reads `path` when the module is used, and never writes it.
/// A module that was made while a Worker runs has `content` in place of a file.
struct Module {
  std::string name;  ///< '/'-separated, relative to the module root: "entry.py", "python_modules/…"
  ModuleType type = ModuleType::data;
  std::string path;  ///< absolute path of the file on this host
  std::shared_ptr<const std::string> content = nullptr;
};

/// One entry of `env`. `type` and `properties` are those of the upload API's metadata:
/// plain_text{text}, json{json}, secret_text{text}, kv_namespace{namespace_id}, …
struct Binding {
  std::string name;
  std::string type;
  nlohmann::json properties = nlohmann::json::object();
};

/// A memory snapshot of a Worker that another machine has made, and for what.
struct OfferedSnapshot {
  std::string file;      ///< absolute path; empty: there is none
  std::string identity;  ///< of what its memory depends on, as `cwrangler-runtime snapshot` says it
};

struct WorkerConfig {
  std::string name;
  std::string main_module;         ///< the name of one of `modules`
  std::string compatibility_date;  ///< YYYY-MM-DD
  std::vector<std::string> compatibility_flags;
  std::string python_version;  ///< "3.12", "3.13" or "3.14"; empty: the compatibility date chooses
  std::vector<Module> modules;
  std::vector<Binding> bindings;
  int cpu_limit_ms = 0;  ///< the longest one call into the Worker may run; 0: the server's limit
  /// How many requests to others one event may make; 0: any number.
  int subrequest_limit = 0;
  bool local_endpoints = false;  ///< `/cdn-cgi/…` of a dev session: run a handler by hand
  /// More host names by which a client may reach them; the machine's own always may.
  std::vector<std::string> local_hosts;
  bool scheduled_page = false;  ///< `/__scheduled` runs the scheduled handler (`--test-scheduled`)
  bool live_reload = false;     ///< HTML pages load themselves again when the code was replaced
  /// What `request.url` has in place of the host, and of the protocol ("http" or "https"), that the
  /// client used; empty: the client's.
  std::string upstream_host;
  std::string upstream_protocol;
  std::string state_directory;  ///< where local bindings keep their data; empty: nowhere lasting
  /// Queues whose messages the Worker gets: objects of the configuration file's `queues.consumers`.
  std::vector<nlohmann::json> queue_consumers;
  /// Static files: {directory (absolute), html_handling, not_found_handling, run_worker_first}, the
  /// last three as in the configuration file; null: none.
  nlohmann::json assets;
  /// Host, or host:port, to the http(s) URL of the server that answers for it in its place.
  std::map<std::string, std::string> outbound_map;
  /// Taken in place of one made here, if it is of this very Worker and this build of the runtime.
  OfferedSnapshot snapshot;
};

/// JSON in the words of docs/runtime-config.md. `from_json` throws Error that names the field.
nlohmann::json to_json(const WorkerConfig& config);
WorkerConfig worker_config_from_json(const nlohmann::json& json);

/// The configuration in a file, or that comes on the standard input ("-"). Throws Error for one
/// that cannot be read, is no JSON, or is off.
WorkerConfig read_worker_config(const std::string& path);

}  // namespace cwrangler
