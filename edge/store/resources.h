// What bindings name: KV namespaces, D1 databases, R2 buckets, queues, workflows; and how requests
// and events reach a Worker: routes, domains, schedules, queues' consumers.
//
// Only names and settings are here; the data is where the runtime keeps it (storage/).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/store/database.h"
#include "edge/store/workers.h"

namespace cwrangler::edge {

/// The kinds of resources, as the table has them.
inline constexpr std::string_view kKvNamespace = "kv_namespace";
inline constexpr std::string_view kD1Database = "d1";
inline constexpr std::string_view kR2Bucket = "r2_bucket";
inline constexpr std::string_view kQueue = "queue";
inline constexpr std::string_view kWorkflow = "workflow";
inline constexpr std::string_view kVectorizeIndex = "vectorize";
inline constexpr std::string_view kHyperdrive = "hyperdrive";

struct Resource {
  std::string kind;
  std::string id;
  std::string account;
  std::string name;
  std::int64_t created = 0;
  Json properties = Json::object();
};

/// Makes it, or replaces its name and properties. Throws SqliteError for a name that is taken.
void save_resource(Work& work, const Resource& resource);
std::optional<Resource> find_resource(Work& work, std::string_view kind, std::string_view account,
                                      std::string_view id);
std::optional<Resource> find_resource_by_name(Work& work, std::string_view kind,
                                              std::string_view account, std::string_view name);
/// In the order of their names.
std::vector<Resource> list_resources(Work& work, std::string_view kind, std::string_view account);
bool delete_resource(Work& work, std::string_view kind, std::string_view account,
                     std::string_view id);

struct Route {
  std::string id;
  std::string pattern;  ///< "example.com/api/*"
  std::string account;
  std::string worker;
};

struct Domain {
  std::string id;
  std::string hostname;
  std::string account;
  std::string worker;
};

struct Consumer {
  std::string id;
  std::string account;
  std::string queue;  ///< the queue's id
  std::string worker;
  Json properties = Json::object();  ///< {dead_letter_queue?, settings}, as uploaded
  std::int64_t created = 0;
};

/// Replaces all of a Worker's. Throws Error naming the first that another Worker has.
void replace_routes(Work& work, const Worker& worker, const std::vector<std::string>& patterns);
void replace_domains(Work& work, const Worker& worker, const std::vector<std::string>& hostnames);
void replace_schedules(Work& work, const Worker& worker, const std::vector<std::string>& crons);
std::vector<Route> list_routes(Work& work, std::string_view account, std::string_view worker);
std::vector<Domain> list_domains(Work& work, std::string_view account, std::string_view worker);
/// {cron, created}.
std::vector<std::pair<std::string, std::int64_t>> list_schedules(Work& work,
                                                                 std::string_view account,
                                                                 std::string_view worker);

void save_consumer(Work& work, const Consumer& consumer);
std::vector<Consumer> list_consumers_of_queue(Work& work, std::string_view account,
                                              std::string_view queue);
std::vector<Consumer> list_consumers_of_worker(Work& work, std::string_view account,
                                               std::string_view worker);
bool delete_consumer(Work& work, std::string_view account, std::string_view id);

}  // namespace cwrangler::edge
