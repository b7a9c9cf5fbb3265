// How many rows a statement has read and written, as D1 bills them.
//
// Production's SQLite counts them inside its virtual machine; the stock library has no such
// counter. Written rows are exact: each row inserted, updated or deleted, and one more for each
// index of its table. Read rows come from the steps of the statement's loops: exact for a query
// over one table, a lower bound for joins.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

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
  /// Rows read by the statement's last run, of which `returned` were results. `reads_tables`:
  /// whether it looks at any.
  static int64_t read(const Statement& statement, int64_t returned, bool reads_tables);

 private:
  /// Rows that were changed alike: in this table, and for an update in these columns.
  struct Change {
    std::string table;
    int operation = 0;
    std::vector<int> columns;
    auto operator<=>(const Change&) const = default;
  };

  static void row_changes(void* self, sqlite3* connection, int operation, const char* database,
                          const char* table, sqlite3_int64 old_row, sqlite3_int64 new_row);
  /// How many indexes a row's change has to write to.
  int64_t changed_indexes(const Change& change);

  Connection& connection_;
  std::map<Change, int64_t> rows_;
};

}  // namespace cwrangler::storage
