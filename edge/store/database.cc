#include "edge/store/database.h"

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace cwrangler::edge {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

// JSON is in TEXT columns; times are milliseconds since 1970.
constexpr std::string_view kSchema = R"sql(
CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, subdomain TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL) STRICT;
CREATE TABLE tokens (id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id),
  name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, created INTEGER NOT NULL,
  expires INTEGER, revoked INTEGER) STRICT;
CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL,
  token TEXT NOT NULL, client TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  status INTEGER NOT NULL) STRICT;
CREATE TABLE workers (account TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  tag TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, migration_tag TEXT NOT NULL,
  subdomain_enabled INTEGER NOT NULL, previews_enabled INTEGER NOT NULL, settings TEXT NOT NULL,
  PRIMARY KEY (account, name)) STRICT;
CREATE TABLE versions (id TEXT PRIMARY KEY, account TEXT NOT NULL, worker TEXT NOT NULL,
  number INTEGER NOT NULL, created INTEGER NOT NULL, source TEXT NOT NULL, author TEXT NOT NULL,
  annotations TEXT NOT NULL, metadata TEXT NOT NULL, bindings TEXT NOT NULL, secrets TEXT NOT NULL,
  modules TEXT NOT NULL, assets TEXT NOT NULL, startup_ms INTEGER NOT NULL, etag TEXT NOT NULL,
  UNIQUE (account, worker, number),
  FOREIGN KEY (account, worker) REFERENCES workers(account, name) ON DELETE CASCADE) STRICT;
CREATE TABLE deployments (id TEXT PRIMARY KEY, position INTEGER NOT NULL, account TEXT NOT NULL,
  worker TEXT NOT NULL, created INTEGER NOT NULL, source TEXT NOT NULL, author TEXT NOT NULL,
  annotations TEXT NOT NULL, versions TEXT NOT NULL,
  FOREIGN KEY (account, worker) REFERENCES workers(account, name) ON DELETE CASCADE) STRICT;
CREATE INDEX deployments_of_worker ON deployments (account, worker, position);
CREATE TABLE routes (id TEXT PRIMARY KEY, pattern TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
  worker TEXT NOT NULL,
  FOREIGN KEY (account, worker) REFERENCES workers(account, name) ON DELETE CASCADE) STRICT;
CREATE TABLE domains (id TEXT PRIMARY KEY, hostname TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
  worker TEXT NOT NULL,
  FOREIGN KEY (account, worker) REFERENCES workers(account, name) ON DELETE CASCADE) STRICT;
CREATE TABLE schedules (account TEXT NOT NULL, worker TEXT NOT NULL, cron TEXT NOT NULL,
  created INTEGER NOT NULL, PRIMARY KEY (account, worker, cron),
  FOREIGN KEY (account, worker) REFERENCES workers(account, name) ON DELETE CASCADE) STRICT;
CREATE TABLE resources (kind TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL REFERENCES accounts(id),
  name TEXT NOT NULL, created INTEGER NOT NULL, properties TEXT NOT NULL,
  PRIMARY KEY (kind, id), UNIQUE (kind, account, name)) STRICT;
CREATE TABLE consumers (id TEXT PRIMARY KEY, account TEXT NOT NULL, queue TEXT NOT NULL UNIQUE,
  worker TEXT NOT NULL, properties TEXT NOT NULL, created INTEGER NOT NULL,
  FOREIGN KEY (account, worker) REFERENCES workers(account, name) ON DELETE CASCADE) STRICT;
CREATE TABLE asset_files (account TEXT NOT NULL, hash TEXT NOT NULL, sha256 TEXT NOT NULL,
  size INTEGER NOT NULL, PRIMARY KEY (account, hash)) STRICT;
CREATE TABLE asset_uploads (id TEXT PRIMARY KEY, account TEXT NOT NULL, worker TEXT NOT NULL,
  manifest TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
)sql";

std::filesystem::path prepared(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  // Secrets are sealed, but what people deploy is nobody else's business either.
  if (::chmod(folder.c_str(), 0700) != 0) {
    throw system_error("closing " + folder.string() + " to other users");
  }
  return folder / "edge.sqlite";
}

}  // namespace

Database::Database(const std::filesystem::path& folder) : connection_(prepared(folder)) {
  storage::Transaction transaction(connection_);
  storage::Statement version = connection_.prepare("PRAGMA user_version");
  version.step();
  const std::int64_t found = version.integer(0);
  version = {};
  if (found > kSchemaVersion) {
    throw Error("it was written by a later version of cwrangler")
        .while_doing("opening " + (folder / "edge.sqlite").string())
        .hint("Use that version, or another folder (--data).");
  }
  if (found == 0) {
    connection_.execute(kSchema);
    connection_.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  }
  transaction.commit();
}

Work Database::write() {
  return Work(*this, true);
}

Work Database::read() {
  return Work(*this, false);
}

Work::Work(Database& database, bool writes)
    : lock_(database.mutex_), connection_(database.connection_) {
  if (writes) transaction_.emplace(connection_);
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string api_time(std::int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03d000Z",
                utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                utc.tm_sec, static_cast<int>(milliseconds % 1000));
  return text.data();
}

}  // namespace cwrangler::edge
