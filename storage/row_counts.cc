// The hook is compiled into Debian's library, and declared only for those who say so.
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "storage/row_counts.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace cwrangler::storage {
namespace {

bool are_equal(sqlite3_value* left, sqlite3_value* right) {
  const int type = sqlite3_value_type(left);
  if (type != sqlite3_value_type(right)) return false;
  if (type == SQLITE_NULL) return true;
  if (type == SQLITE_INTEGER) return sqlite3_value_int64(left) == sqlite3_value_int64(right);
  if (type == SQLITE_FLOAT) return sqlite3_value_double(left) == sqlite3_value_double(right);
  const void* const left_bytes = sqlite3_value_blob(left);
  const void* const right_bytes = sqlite3_value_blob(right);
  const int size = sqlite3_value_bytes(left);
  return size == sqlite3_value_bytes(right) &&
         (size == 0 || std::memcmp(left_bytes, right_bytes, static_cast<size_t>(size)) == 0);
}

}  // namespace

RowCounts::RowCounts(Connection& connection) : connection_(connection) {
  sqlite3_preupdate_hook(connection_.handle(), row_changes, this);
}

RowCounts::~RowCounts() {
  sqlite3_preupdate_hook(connection_.handle(), nullptr, nullptr);
}

void RowCounts::row_changes(void* self, sqlite3* connection, int operation, const char*,
                            const char* table, sqlite3_int64, sqlite3_int64) {
  Change change{table, operation, {}};
  if (operation == SQLITE_UPDATE) {
    for (int i = 0; i < sqlite3_preupdate_count(connection); ++i) {
      sqlite3_value* before = nullptr;
      sqlite3_value* after = nullptr;
      if (sqlite3_preupdate_old(connection, i, &before) == SQLITE_OK &&
          sqlite3_preupdate_new(connection, i, &after) == SQLITE_OK && !are_equal(before, after)) {
        change.columns.push_back(i);
      }
    }
  }
  ++static_cast<RowCounts*>(self)->rows_[change];
}

void RowCounts::start() {
  rows_.clear();
}

int64_t RowCounts::written() {
  int64_t total = 0;
  // The hook runs inside of a statement, where no other may be prepared: indexes are counted here.
  for (const auto& [change, rows] : rows_) total += rows * (1 + changed_indexes(change));
  return total;
}

int64_t RowCounts::changed_indexes(const Change& change) {
  if (change.operation == SQLITE_DELETE) return 0;
  Statement indexes = connection_.prepare(
      "SELECT list.seq, info.cid FROM pragma_index_list(?1) AS list, pragma_index_info(list.name) "
      "AS info");
  indexes.bind_text(1, change.table);
  std::set<int64_t> changed;
  while (indexes.step()) {
    const bool has_changed =
        change.operation == SQLITE_INSERT || std::find(change.columns.begin(), change.columns.end(),
                                                       indexes.integer(1)) != change.columns.end();
    if (has_changed) changed.insert(indexes.integer(0));
  }
  return static_cast<int64_t>(changed.size());
}

int64_t RowCounts::read(const Statement& statement, int64_t returned, bool reads_tables) {
  sqlite3_stmt* const handle = statement.handle();
  // A loop that scans a table counts its steps as FULLSCAN_STEP; one that follows an index counts
  // them in the same array's place 0, which has no name. Both count the steps between rows.
  constexpr int kIndexSteps = 0;
  const int64_t steps = int64_t{sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1)} +
                        sqlite3_stmt_status(handle, kIndexSteps, 1);
  return reads_tables ? std::max(returned, steps == 0 ? 0 : steps + 1) : 0;
}

}  // namespace cwrangler::storage
