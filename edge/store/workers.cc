#include "edge/store/workers.h"

namespace cwrangler::edge {
namespace {

constexpr const char* kWorkerColumns =
    "SELECT account, name, tag, created, modified, migration_tag, subdomain_enabled, "
    "previews_enabled, settings FROM workers ";
constexpr const char* kVersionColumns =
    "SELECT id, account, worker, number, created, source, author, annotations, metadata, bindings, "
    "secrets, modules, assets, startup_ms, etag FROM versions ";
constexpr const char* kDeploymentColumns =
    "SELECT id, account, worker, created, source, author, annotations, versions FROM deployments ";

Worker worker_of(const storage::Statement& row) {
  Worker worker;
  worker.account = row.text(0);
  worker.name = row.text(1);
  worker.tag = row.text(2);
  worker.created = row.integer(3);
  worker.modified = row.integer(4);
  worker.migration_tag = row.text(5);
  worker.subdomain_enabled = row.integer(6) != 0;
  worker.previews_enabled = row.integer(7) != 0;
  worker.settings = Json::parse(row.text(8));
  return worker;
}

Json modules_json(const std::vector<StoredModule>& modules) {
  Json list = Json::array();
  for (const StoredModule& module : modules) {
    list.push_back({{"name", module.name},
                    {"content_type", module.content_type},
                    {"sha256", module.sha256},
                    {"size", module.size}});
  }
  return list;
}

Version version_of(const storage::Statement& row) {
  Version version;
  version.id = row.text(0);
  version.account = row.text(1);
  version.worker = row.text(2);
  version.number = row.integer(3);
  version.created = row.integer(4);
  version.source = row.text(5);
  version.author = row.text(6);
  version.annotations = Json::parse(row.text(7));
  version.metadata = Json::parse(row.text(8));
  version.bindings = Json::parse(row.text(9));
  version.secrets = Json::parse(row.text(10));
  for (const Json& module : Json::parse(row.text(11))) {
    version.modules.push_back(
        {module.at("name"), module.at("content_type"), module.at("sha256"), module.at("size")});
  }
  version.assets = Json::parse(row.text(12));
  version.startup_ms = row.integer(13);
  version.etag = row.text(14);
  return version;
}

Deployment deployment_of(const storage::Statement& row) {
  Deployment deployment;
  deployment.id = row.text(0);
  deployment.account = row.text(1);
  deployment.worker = row.text(2);
  deployment.created = row.integer(3);
  deployment.source = row.text(4);
  deployment.author = row.text(5);
  deployment.annotations = Json::parse(row.text(6));
  for (const Json& share : Json::parse(row.text(7))) {
    deployment.versions.push_back({share.at("version"), share.at("percentage")});
  }
  return deployment;
}

}  // namespace

std::optional<Worker> find_worker(Work& work, std::string_view account, std::string_view name) {
  storage::Statement row =
      work.query(std::string(kWorkerColumns) + "WHERE account = ? AND name = ?", account, name);
  if (!row.step()) return std::nullopt;
  return worker_of(row);
}

std::vector<Worker> list_workers(Work& work, std::string_view account) {
  std::vector<Worker> workers;
  storage::Statement rows =
      work.query(std::string(kWorkerColumns) + "WHERE account = ? ORDER BY name", account);
  while (rows.step()) workers.push_back(worker_of(rows));
  return workers;
}

std::vector<Worker> list_all_workers(Work& work) {
  std::vector<Worker> workers;
  storage::Statement rows = work.query(kWorkerColumns);
  while (rows.step()) workers.push_back(worker_of(rows));
  return workers;
}

void save_worker(Work& work, const Worker& worker) {
  work.run(
      "INSERT INTO workers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, name) DO "
      "UPDATE SET modified = excluded.modified, migration_tag = excluded.migration_tag, "
      "subdomain_enabled = excluded.subdomain_enabled, "
      "previews_enabled = excluded.previews_enabled, settings = excluded.settings",
      worker.account, worker.name, worker.tag, worker.created, worker.modified,
      worker.migration_tag, std::int64_t{worker.subdomain_enabled},
      std::int64_t{worker.previews_enabled}, worker.settings.dump());
}

bool delete_worker(Work& work, std::string_view account, std::string_view name) {
  work.run("DELETE FROM workers WHERE account = ? AND name = ?", account, name);
  return work.changes() == 1;
}

void add_version(Work& work, Version& version) {
  storage::Statement last =
      work.query("SELECT coalesce(max(number), 0) FROM versions WHERE account = ? AND worker = ?",
                 version.account, version.worker);
  last.step();
  version.number = last.integer(0) + 1;
  work.run("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", version.id,
           version.account, version.worker, version.number, version.created, version.source,
           version.author, version.annotations.dump(), version.metadata.dump(),
           version.bindings.dump(), version.secrets.dump(), modules_json(version.modules).dump(),
           version.assets.dump(), version.startup_ms, version.etag);
}

std::optional<Version> find_version(Work& work, std::string_view account, std::string_view worker,
                                    std::string_view id) {
  storage::Statement row =
      work.query(std::string(kVersionColumns) + "WHERE account = ? AND worker = ? AND id = ?",
                 account, worker, id);
  if (!row.step()) return std::nullopt;
  return version_of(row);
}

std::optional<Version> newest_version(Work& work, std::string_view account,
                                      std::string_view worker) {
  std::vector<Version> versions = list_versions(work, account, worker, 1);
  if (versions.empty()) return std::nullopt;
  return std::move(versions.front());
}

std::vector<Version> list_versions(Work& work, std::string_view account, std::string_view worker,
                                   std::int64_t count) {
  std::vector<Version> versions;
  storage::Statement rows =
      work.query(std::string(kVersionColumns) +
                     "WHERE account = ? AND worker = ? ORDER BY number DESC LIMIT ?",
                 account, worker, count);
  while (rows.step()) versions.push_back(version_of(rows));
  return versions;
}

void add_deployment(Work& work, const Deployment& deployment) {
  Json shares = Json::array();
  for (const DeployedShare& share : deployment.versions) {
    shares.push_back({{"version", share.version}, {"percentage", share.percentage}});
  }
  work.run(
      "INSERT INTO deployments SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, "
      "?8 FROM deployments WHERE account = ?2 AND worker = ?3",
      deployment.id, deployment.account, deployment.worker, deployment.created, deployment.source,
      deployment.author, deployment.annotations.dump(), shares.dump());
}

std::vector<Deployment> list_deployments(Work& work, std::string_view account,
                                         std::string_view worker, std::int64_t count) {
  std::vector<Deployment> deployments;
  storage::Statement rows =
      work.query(std::string(kDeploymentColumns) +
                     "WHERE account = ? AND worker = ? ORDER BY position DESC LIMIT ?",
                 account, worker, count);
  while (rows.step()) deployments.push_back(deployment_of(rows));
  return deployments;
}

std::optional<Deployment> active_deployment(Work& work, std::string_view account,
                                            std::string_view worker) {
  std::vector<Deployment> deployments = list_deployments(work, account, worker, 1);
  if (deployments.empty()) return std::nullopt;
  return std::move(deployments.front());
}

std::vector<std::string> used_blobs(Work& work) {
  std::vector<std::string> names;
  storage::Statement rows = work.query(
      "SELECT json_extract(value, '$.sha256') FROM versions, json_each(versions.modules) UNION "
      "SELECT json_extract(value, '$.sha256') FROM versions, "
      "json_each(versions.assets, '$.manifest') UNION SELECT sha256 FROM asset_files");
  while (rows.step()) names.push_back(rows.text(0));
  return names;
}

}  // namespace cwrangler::edge
