#include "edge/store/resources.h"

#include "base/uuid.h"

namespace cwrangler::edge {
namespace {

constexpr const char* kResourceColumns =
    "SELECT kind, id, account, name, created, properties FROM resources ";
constexpr const char* kConsumerColumns =
    "SELECT id, account, queue, worker, properties, created FROM consumers ";

Resource resource_of(const storage::Statement& row) {
  return {row.text(0), row.text(1),    row.text(2),
          row.text(3), row.integer(4), Json::parse(row.text(5))};
}

Consumer consumer_of(const storage::Statement& row) {
  return {row.text(0),   row.text(1), row.text(2), row.text(3), Json::parse(row.text(4)),
          row.integer(5)};
}

std::vector<Consumer> consumers_where(Work& work, const std::string& condition,
                                      std::string_view account, std::string_view value) {
  std::vector<Consumer> consumers;
  storage::Statement rows = work.query(
      kConsumerColumns + ("WHERE account = ? AND " + condition + " = ? ORDER BY created, id"),
      account, value);
  while (rows.step()) consumers.push_back(consumer_of(rows));
  return consumers;
}

/// Routes and domains: names of which each belongs to one Worker.
void replace_names(Work& work, const Worker& worker, const std::string& table,
                   const std::string& column, const std::vector<std::string>& names) {
  work.run("DELETE FROM " + table + " WHERE account = ? AND worker = ?", worker.account,
           worker.name);
  for (const std::string& name : names) {
    storage::Statement other =
        work.query("SELECT account, worker FROM " + table + " WHERE " + column + " = ?", name);
    if (other.step()) {
      const bool ours = other.text(0) == worker.account;
      throw Error("\"" + name + "\" is taken by " +
                  (ours ? "the Worker \"" + other.text(1) + "\"" : "another account"));
    }
    work.run("INSERT INTO " + table + " VALUES (?, ?, ?, ?)", random_uuid(), name, worker.account,
             worker.name);
  }
}

}  // namespace

void save_resource(Work& work, const Resource& resource) {
  work.run(
      "INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET "
      "name = excluded.name, properties = excluded.properties WHERE account = excluded.account",
      resource.kind, resource.id, resource.account, resource.name, resource.created,
      resource.properties.dump());
}

std::optional<Resource> find_resource(Work& work, std::string_view kind, std::string_view account,
                                      std::string_view id) {
  storage::Statement row =
      work.query(std::string(kResourceColumns) + "WHERE kind = ? AND account = ? AND id = ?", kind,
                 account, id);
  if (!row.step()) return std::nullopt;
  return resource_of(row);
}

std::optional<Resource> find_resource_by_name(Work& work, std::string_view kind,
                                              std::string_view account, std::string_view name) {
  storage::Statement row =
      work.query(std::string(kResourceColumns) + "WHERE kind = ? AND account = ? AND name = ?",
                 kind, account, name);
  if (!row.step()) return std::nullopt;
  return resource_of(row);
}

std::vector<Resource> list_resources(Work& work, std::string_view kind, std::string_view account) {
  std::vector<Resource> resources;
  storage::Statement rows =
      work.query(std::string(kResourceColumns) + "WHERE kind = ? AND account = ? ORDER BY name",
                 kind, account);
  while (rows.step()) resources.push_back(resource_of(rows));
  return resources;
}

bool delete_resource(Work& work, std::string_view kind, std::string_view account,
                     std::string_view id) {
  work.run("DELETE FROM resources WHERE kind = ? AND account = ? AND id = ?", kind, account, id);
  return work.changes() == 1;
}

void replace_routes(Work& work, const Worker& worker, const std::vector<std::string>& patterns) {
  replace_names(work, worker, "routes", "pattern", patterns);
}

void replace_domains(Work& work, const Worker& worker, const std::vector<std::string>& hostnames) {
  replace_names(work, worker, "domains", "hostname", hostnames);
}

void replace_schedules(Work& work, const Worker& worker, const std::vector<std::string>& crons) {
  work.run("DELETE FROM schedules WHERE account = ? AND worker = ?", worker.account, worker.name);
  for (const std::string& cron : crons) {
    work.run("INSERT OR IGNORE INTO schedules VALUES (?, ?, ?, ?)", worker.account, worker.name,
             cron, now_ms());
  }
}

std::vector<Route> list_routes(Work& work, std::string_view account, std::string_view worker) {
  std::vector<Route> routes;
  storage::Statement rows = work.query(
      "SELECT id, pattern, account, worker FROM routes WHERE account = ? AND worker = ? "
      "ORDER BY pattern",
      account, worker);
  while (rows.step()) routes.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3)});
  return routes;
}

std::vector<Domain> list_domains(Work& work, std::string_view account, std::string_view worker) {
  std::vector<Domain> domains;
  storage::Statement rows = work.query(
      "SELECT id, hostname, account, worker FROM domains WHERE account = ? AND worker = ? "
      "ORDER BY hostname",
      account, worker);
  while (rows.step()) domains.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3)});
  return domains;
}

std::vector<std::pair<std::string, std::int64_t>> list_schedules(Work& work,
                                                                 std::string_view account,
                                                                 std::string_view worker) {
  std::vector<std::pair<std::string, std::int64_t>> schedules;
  storage::Statement rows = work.query(
      "SELECT cron, created FROM schedules WHERE account = ? AND worker = ? ORDER BY cron", account,
      worker);
  while (rows.step()) schedules.emplace_back(rows.text(0), rows.integer(1));
  return schedules;
}

void save_consumer(Work& work, const Consumer& consumer) {
  work.run(
      "INSERT INTO consumers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "worker = excluded.worker, properties = excluded.properties",
      consumer.id, consumer.account, consumer.queue, consumer.worker, consumer.properties.dump(),
      consumer.created);
}

std::vector<Consumer> list_consumers_of_queue(Work& work, std::string_view account,
                                              std::string_view queue) {
  return consumers_where(work, "queue", account, queue);
}

std::vector<Consumer> list_consumers_of_worker(Work& work, std::string_view account,
                                               std::string_view worker) {
  return consumers_where(work, "worker", account, worker);
}

bool delete_consumer(Work& work, std::string_view account, std::string_view id) {
  work.run("DELETE FROM consumers WHERE account = ? AND id = ?", account, id);
  return work.changes() == 1;
}

}  // namespace cwrangler::edge
