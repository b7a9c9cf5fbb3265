// The endpoint's own records: one SQLite file, one connection, one thread in it at a time.
//
// What the tables mean is written beside the functions of the other files in this folder; each of
// them takes the Work that it is part of, so that a request's changes are one transaction. The
// commands of `cwrangler edge` may open the file while the endpoint runs.

#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "storage/sqlite.h"

namespace cwrangler::edge {

class Work;

class Database {
 public:
  /// Opens `folder`/edge.sqlite, and makes both, for this user alone, when they are not there.
  /// Throws Error for one that a later version has made.
  explicit Database(const std::filesystem::path& folder);

  /// A transaction that other writers wait for. What is not committed is forgotten.
  Work write();
  /// Sees one state of all tables.
  Work read();

 private:
  friend class Work;
  std::mutex mutex_;
  storage::Connection connection_;
};

/// The database for as long as this lives: keep it short, and ask nothing else to wait for it.
class Work {
 public:
  template <class... Values>
  storage::Statement query(std::string_view sql, const Values&... values) {
    storage::Statement statement = connection_.prepare(sql);
    int position = 0;
    (bind(statement, ++position, values), ...);
    return statement;
  }

  template <class... Values>
  void run(std::string_view sql, const Values&... values) {
    query(sql, values...).step();
  }

  /// How many rows the last run() has changed.
  std::int64_t changes() const { return sqlite3_changes64(connection_.handle()); }

  void commit() { transaction_->commit(); }

 private:
  friend class Database;
  Work(Database& database, bool writes);

  static void bind(storage::Statement& statement, int position, std::int64_t value) {
    statement.bind(position, value);
  }
  static void bind(storage::Statement& statement, int position, std::string_view value) {
    statement.bind_text(position, value);
  }
  static void bind(storage::Statement& statement, int position,
                   const std::optional<std::int64_t>& value) {
    if (value) statement.bind(position, *value);
  }

  const std::unique_lock<std::mutex> lock_;
  storage::Connection& connection_;
  std::optional<storage::Transaction> transaction_;
};

/// Milliseconds since 1970.
std::int64_t now_ms();

/// "2026-06-01T12:00:00.000000Z", as the API writes times.
std::string api_time(std::int64_t milliseconds);

}  // namespace cwrangler::edge
