// The hook is compiled into Debian's library, and declared only for those who say so.
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "storage/row_counts.h"

#include <algorithm>

namespace cwrangler::storage {

RowCounts::RowCounts(Connection& connection) : connection_(connection) {
  sqlite3_preupdate_hook(connection_.handle(), row_changes, this);
}

RowCounts::~RowCounts() {
  sqlite3_preupdate_hook(connection_.handle(), nullptr, nullptr);
}

void RowCounts::row_changes(void* self, sqlite3*, int, const char*, const char* table,
                            sqlite3_int64, sqlite3_int64) {
  ++static_cast<RowCounts*>(self)->rows_[table];
}

void RowCounts::start() {
  rows_.clear();
}

int64_t RowCounts::written() {
  int64_t total = 0;
  // The hook runs inside of a statement, where no other may be prepared: indexes are counted here.
  for (const auto& [table, rows] : rows_) total += rows * (1 + index_count(table));
  return total;
}

int64_t RowCounts::index_count(const std::string& table) {
  Statement statement = connection_.prepare("SELECT count(*) FROM pragma_index_list(?1)");
  statement.bind_text(1, table);
  const int64_t count = statement.step() ? statement.integer(0) : 0;
  return count;
}

int64_t RowCounts::read(const Statement& statement, int64_t returned) {
  sqlite3_stmt* const handle = statement.handle();
  // A loop that scans a table counts its steps as FULLSCAN_STEP; one that follows an index counts
  // them in the same array's place 0, which has no name. Both count the steps between rows.
  constexpr int kIndexSteps = 0;
  const int64_t steps = int64_t{sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1)} +
                        sqlite3_stmt_status(handle, kIndexSteps, 1);
  return std::max(returned, steps == 0 ? 0 : steps + 1);
}

}  // namespace cwrangler::storage
