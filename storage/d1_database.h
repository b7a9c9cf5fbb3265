// A D1 database: https://developers.cloudflare.com/d1/
//
// One request is a list of queries that run in one transaction, as D1 runs a batch. Limits and
// messages are D1's. One thread at a time; interrupt() alone is for others.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/row_counts.h"
#include "storage/sqlite.h"

namespace cwrangler::storage {

struct D1Query {
  std::string sql;
  std::vector<SqlValue> parameters;
};

/// `meta` of a result, under D1's names.
struct D1Meta {
  double duration_ms = 0;
  int64_t changes = 0;
  int64_t last_row_id = 0;
  bool changed_db = false;
  int64_t size_after = 0;
  int64_t rows_read = 0;
  int64_t rows_written = 0;
};

struct D1Result {
  std::vector<std::string> columns;
  std::vector<SqlValue> cells;  ///< row after row
  D1Meta meta;

  size_t row_count() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
};

/// https://developers.cloudflare.com/d1/platform/limits/
struct D1Limits {
  static constexpr int kStatementBytes = 100'000;
  static constexpr int kParameters = 100;
  static constexpr int kColumns = 100;
  static constexpr int kFunctionArguments = 32;
  static constexpr int kPatternBytes = 50;       ///< of LIKE and GLOB
  static constexpr int kValueBytes = 2'000'000;  ///< of a string, a blob, a row
  static constexpr size_t kQueries = 1000;       ///< of one request
  static constexpr std::chrono::seconds kDuration{30};
};

class D1Database {
 public:
  explicit D1Database(const std::filesystem::path& file);

  /// Runs the queries in order; all of them, or none when one throws. A text may hold several
  /// statements, of which the last one's rows are the result. Throws Error with D1's message,
  /// without the prefix "D1_ERROR: ".
  std::vector<D1Result> run(const std::vector<D1Query>& queries);

  /// The same, for a single query that only reads, ran before and is answered in well under a
  /// millisecond; nothing, and nothing done, for any other, and where another connection is in the
  /// way. Throws Error as run() would, or for another reason: run() tells.
  std::optional<std::vector<D1Result>> run_quickly(const std::vector<D1Query>& queries);

  /// One query as part of a transaction that the caller holds on connection(), for scripts of any
  /// length. Throws as run() does.
  D1Result run_in_transaction(const D1Query& query);

  /// A mark of the state after the last request; later ones compare greater as text.
  std::string bookmark();

  /// The file as SQLite's own tools would copy it.
  Blob dump();

  /// Ends what runs, with an error; any thread.
  void interrupt();

  Connection& connection() { return connection_; }

 private:
  struct Cached {
    std::string sql;
    Statement statement;
    bool reads_tables = false;
    bool may_be_quick = false;
  };

  /// The only statement of `sql`, kept for the next time. Empty where there are several or none.
  Cached* cached(const std::string& sql);
  /// As Connection::prepare, with what D1 says of statements that it does not allow.
  Statement prepare(std::string_view sql, std::string_view* rest);
  D1Result run_query(const D1Query& query);
  void run_statement(Statement& statement, bool reads_tables, const D1Query& query,
                     D1Result& result);
  int64_t size();
  static void check_limits(const D1Query& query);

  static int authorize(void* self, int action, const char* first, const char* second,
                       const char* database, const char* trigger);
  static int check_time(void* self);
  static int give_up(void* self);

  Connection connection_;
  RowCounts counts_;
  Statement page_count_;
  int64_t page_size_ = 0;
  /// Our own statements may do what the user's may not.
  bool is_trusted_ = true;
  bool reads_tables_ = false;          // the statement that is being prepared
  bool controls_transaction_ = false;  // the same
  std::chrono::steady_clock::time_point deadline_{};
  std::list<Cached> cache_;  // the last used first
  std::unordered_map<std::string_view, std::list<Cached>::iterator> cache_index_;
  uint64_t requests_ = 0;
};

/// The same texts as D1's filter for what holds no statement: blanks and comments.
bool is_blank_sql(std::string_view sql);

}  // namespace cwrangler::storage
