// How many rows a statement has read and written, as D1 bills them.
//
// Production's SQLite counts them inside its virtual machine; the stock library has no such
// counter. Written rows are exact: each row inserted, updated or deleted, and one more for each
// index of its table. Read rows come from the steps of the statement's loops: exact for a query
// over one table, a lower bound for joins.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "storage/sqlite.h"

namespace cwrangler::storage {

/// Counts what one connection writes. The connection must outlive it.
class RowCounts {
 public:
  explicit RowCounts(Connection& connection);
  RowCounts(const RowCounts&) = delete;
  RowCounts& operator=(const RowCounts&) = delete;
  ~RowCounts();

  /// Forgets what was written so far.
  void start();
  /// Rows written since start(), those of indexes included.
  int64_t written();
  /// Rows read by the statement's last run, of which `returned` were results.
  static int64_t read(const Statement& statement, int64_t returned);

 private:
  static void row_changes(void* self, sqlite3* connection, int operation, const char* database,
                          const char* table, sqlite3_int64 old_row, sqlite3_int64 new_row);
  int64_t index_count(const std::string& table);

  Connection& connection_;
  std::unordered_map<std::string, int64_t> rows_;  // by table
};

}  // namespace cwrangler::storage
