// Workers, their versions, and which of these are deployed.
//
// A version is never changed. A deployment names one or two versions and their shares of the
// requests; the newest one counts. All functions work for one account at a time: what belongs to
// another is not there.

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/store/database.h"

namespace cwrangler::edge {

using Json = nlohmann::ordered_json;

struct Worker {
  std::string account;
  std::string name;
  std::string tag;  ///< an id that stays when the Worker is renamed, as the API shows it
  std::int64_t created = 0;
  std::int64_t modified = 0;
  std::string migration_tag;  ///< the last migration of Durable Objects; empty: none
  bool subdomain_enabled = false;
  bool previews_enabled = false;
  /// {tags, tail_consumers, logpush, observability}, what was set of them.
  Json settings = Json::object();
};

/// One module of a version: its bytes are the blob of this name.
struct StoredModule {
  std::string name;
  std::string content_type;  ///< without parameters
  std::string sha256;
  std::int64_t size = 0;
};

struct Version {
  std::string id;  ///< UUID
  std::string account;
  std::string worker;
  std::int64_t number = 0;  ///< counted from 1 for each Worker
  std::int64_t created = 0;
  std::string source;  ///< "wrangler", "api", …: who has made it
  std::string author;  ///< the token's name
  Json annotations = Json::object();
  /// The upload's metadata without bindings: main_module, compatibility_date, limits, …
  Json metadata = Json::object();
  Json bindings = Json::array();  ///< as uploaded, secrets without their text
  /// The sealed texts of secrets by their names, also of those that no upload has named.
  Json secrets = Json::object();
  std::vector<StoredModule> modules;
  Json assets;  ///< {manifest: {path: {sha256, size}}, config}; null: none
  std::int64_t startup_ms = 0;
  std::string etag;
};

struct DeployedShare {
  std::string version;
  double percentage = 100;
};

struct Deployment {
  std::string id;
  std::string account;
  std::string worker;
  std::int64_t created = 0;
  std::string source;
  std::string author;
  Json annotations = Json::object();
  std::vector<DeployedShare> versions;
};

std::optional<Worker> find_worker(Work& work, std::string_view account, std::string_view name);
std::vector<Worker> list_workers(Work& work, std::string_view account);
/// Of all accounts.
std::vector<Worker> list_all_workers(Work& work);
/// Makes it, or replaces what is known of it; versions and deployments stay.
void save_worker(Work& work, const Worker& worker);
/// With all that belongs to it. False when there is none.
bool delete_worker(Work& work, std::string_view account, std::string_view name);

/// Adds it as the Worker's newest: `number` is given to it.
void add_version(Work& work, Version& version);
std::optional<Version> find_version(Work& work, std::string_view account, std::string_view worker,
                                    std::string_view id);
std::optional<Version> newest_version(Work& work, std::string_view account,
                                      std::string_view worker);
/// The newest first.
std::vector<Version> list_versions(Work& work, std::string_view account, std::string_view worker,
                                   std::int64_t count);

void add_deployment(Work& work, const Deployment& deployment);
/// The newest first.
std::vector<Deployment> list_deployments(Work& work, std::string_view account,
                                         std::string_view worker, std::int64_t count);
/// The newest: what is served. Nothing for a Worker that has only versions.
std::optional<Deployment> active_deployment(Work& work, std::string_view account,
                                            std::string_view worker);

/// The names of all blobs that a version or an account's assets are made of.
std::vector<std::string> used_blobs(Work& work);

}  // namespace cwrangler::edge
