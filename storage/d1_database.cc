#include "storage/d1_database.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <memory>
#include <utility>

#include "base/ascii.h"

namespace cwrangler::storage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kCachedStatements = 100;
/// How many of SQLite's instructions may pass between two looks at the clock: some 100 µs.
constexpr int kInstructionsBetweenChecks = 10'000;

/// What a quick query may take of them: some 50 µs.
constexpr int kQuickInstructions = 3'000;

/// https://developers.cloudflare.com/d1/sql-api/sql-statements/#compatible-pragma-statements
constexpr std::array<std::string_view, 21> kPragmas{"case_sensitive_like",
                                                    "data_version",
                                                    "defer_foreign_keys",
                                                    "foreign_key_check",
                                                    "foreign_key_list",
                                                    "foreign_keys",
                                                    "function_list",
                                                    "ignore_check_constraints",
                                                    "index_info",
                                                    "index_list",
                                                    "index_xinfo",
                                                    "integrity_check",
                                                    "legacy_alter_table",
                                                    "module_list",
                                                    "optimize",
                                                    "quick_check",
                                                    "recursive_triggers",
                                                    "reverse_unordered_selects",
                                                    "table_info",
                                                    "table_list",
                                                    "table_xinfo"};

std::string lower(std::string_view text) {
  return ascii_lower(std::string(text));
}

/// Tables of the system: wrangler's metadata of an object.
bool is_reserved(const char* name) {
  return name != nullptr && lower(std::string_view(name).substr(0, 4)) == "_cf_";
}

bool is_allowed_pragma(const char* name) {
  return std::find(kPragmas.begin(), kPragmas.end(), lower(name)) != kPragmas.end();
}

/// Not so pragmas and the counting of a table, which may read all of it in a single one.
bool has_short_instructions(std::string_view sql) {
  const std::string text = lower(sql);
  return text.starts_with("select") && text.find("count") == text.npos;
}

/// Sets a flag for as long as it lives.
class Trust {
 public:
  Trust(bool& flag, bool value) : flag_(flag), before_(flag) { flag = value; }
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;
  ~Trust() { flag_ = before_; }

 private:
  bool& flag_;
  const bool before_;
};

}  // namespace

bool is_blank_sql(std::string_view sql) {
  while (!sql.empty()) {
    if (std::isspace(static_cast<unsigned char>(sql.front())) || sql.front() == ';') {
      sql.remove_prefix(1);
    } else if (sql.starts_with("--")) {
      sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
    } else if (sql.starts_with("/*")) {
      const size_t end = sql.find("*/", 2);
      sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
    } else {
      return false;
    }
  }
  return true;
}

D1Database::D1Database(const std::filesystem::path& file)
    : connection_(file),
      counts_(connection_),
      page_count_(connection_.prepare("PRAGMA page_count")) {
  Statement page_size = connection_.prepare("PRAGMA page_size");
  if (page_size.step()) page_size_ = page_size.integer(0);
  sqlite3* const handle = connection_.handle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  const std::pair<int, int> limits[] = {
      {SQLITE_LIMIT_LENGTH, D1Limits::kValueBytes},
      {SQLITE_LIMIT_COLUMN, D1Limits::kColumns},
      {SQLITE_LIMIT_FUNCTION_ARG, D1Limits::kFunctionArguments},
      {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, D1Limits::kPatternBytes},
      {SQLITE_LIMIT_VARIABLE_NUMBER, D1Limits::kParameters},
      {SQLITE_LIMIT_ATTACHED, 0},
  };
  for (const auto& [limit, value] : limits) sqlite3_limit(handle, limit, value);
  sqlite3_set_authorizer(handle, authorize, this);
  sqlite3_progress_handler(handle, kInstructionsBetweenChecks, check_time, this);
}

int D1Database::authorize(void* self, int action, const char* first, const char* second,
                          const char*, const char*) {
  auto& database_object = *static_cast<D1Database*>(self);
  if (database_object.is_trusted_) return SQLITE_OK;
  if (action == SQLITE_READ) database_object.reads_tables_ = true;
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      database_object.controls_transaction_ = true;
      return SQLITE_DENY;
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return SQLITE_DENY;
    case SQLITE_PRAGMA:
      return is_allowed_pragma(first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return lower(second) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
      return is_reserved(first) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TRIGGER:
      return is_reserved(second) ? SQLITE_DENY : SQLITE_OK;
    default:
      return SQLITE_OK;
  }
}

int D1Database::check_time(void* self) {
  const auto& database = *static_cast<D1Database*>(self);
  return database.deadline_ != Clock::time_point() && Clock::now() > database.deadline_ ? 1 : 0;
}

int D1Database::give_up(void*) {
  return 1;
}

void D1Database::interrupt() {
  sqlite3_interrupt(connection_.handle());
}

void D1Database::check_limits(const D1Query& query) {
  if (query.sql.size() > D1Limits::kStatementBytes) {
    throw Error("SQL statement exceeds maximum size of " +
                std::to_string(D1Limits::kStatementBytes) + " bytes (" +
                std::to_string(query.sql.size()) + " bytes)");
  }
  if (query.parameters.size() > D1Limits::kParameters) {
    throw Error("Query has " + std::to_string(query.parameters.size()) +
                " bound parameters, exceeding the limit of " +
                std::to_string(D1Limits::kParameters));
  }
}

D1Result D1Database::run_in_transaction(const D1Query& query) {
  check_limits(query);
  deadline_ = Clock::now() + D1Limits::kDuration;
  return run_query(query);
}

std::vector<D1Result> D1Database::run(const std::vector<D1Query>& queries) {
  std::vector<const D1Query*> wanted;
  for (const D1Query& query : queries) {
    if (!is_blank_sql(query.sql)) wanted.push_back(&query);
  }
  if (wanted.empty()) throw Error("No SQL statements detected.");
  if (wanted.size() > D1Limits::kQueries) {
    throw Error("Your query batch has " + std::to_string(wanted.size()) +
                " queries, exceeding the limit of " + std::to_string(D1Limits::kQueries) +
                " queries per batch");
  }
  for (const D1Query* query : wanted) check_limits(*query);

  deadline_ = Clock::now() + D1Limits::kDuration;
  ++requests_;
  std::vector<D1Result> results;
  try {
    // A single statement is a transaction by itself.
    if (wanted.size() == 1 && cached(wanted.front()->sql) != nullptr) {
      results.push_back(run_query(*wanted.front()));
      return results;
    }
    const Trust trusted(is_trusted_, true);
    Transaction transaction(connection_);
    for (const D1Query* query : wanted) results.push_back(run_query(*query));
    transaction.commit();
  } catch (const SqliteError& error) {
    if (error.code() == SQLITE_INTERRUPT && Clock::now() > deadline_) {
      throw Error("D1 DB storage operation exceeded timeout which caused object to be reset.");
    }
    throw;
  }
  return results;
}

std::optional<std::vector<D1Result>> D1Database::run_quickly(const std::vector<D1Query>& queries) {
  if (queries.size() != 1) return std::nullopt;
  const D1Query& query = queries.front();
  const auto known = cache_index_.find(query.sql);
  if (known == cache_index_.end() || !known->second->may_be_quick) return std::nullopt;
  check_limits(query);

  const Impatience impatience(connection_);
  struct Hurry {
    explicit Hurry(D1Database& owner) : database(owner) {
      sqlite3_progress_handler(handle(), kQuickInstructions, give_up, nullptr);
    }
    ~Hurry() {
      sqlite3_progress_handler(handle(), kInstructionsBetweenChecks, check_time, &database);
    }
    sqlite3* handle() { return database.connection_.handle(); }
    D1Database& database;
  } hurry{*this};
  ++requests_;
  std::vector<D1Result> results;
  try {
    results.push_back(run_query(query));
  } catch (const SqliteError& error) {
    if (error.code() == SQLITE_INTERRUPT || error.code() == SQLITE_BUSY) return std::nullopt;
    throw;
  }
  return results;
}

Statement D1Database::prepare(std::string_view sql, std::string_view* rest) {
  reads_tables_ = false;
  controls_transaction_ = false;
  try {
    return connection_.prepare(sql, rest);
  } catch (const SqliteError&) {
    if (!controls_transaction_) throw;
    throw Error(
        "To execute a transaction, please use the state.storage.transaction() or "
        "state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT "
        "statements. The JavaScript API is safer because it will automatically roll back on "
        "exceptions, and because it interacts correctly with Durable Objects' automatic atomic "
        "write coalescing.");
  }
}

D1Database::Cached* D1Database::cached(const std::string& sql) {
  if (const auto found = cache_index_.find(sql); found != cache_index_.end()) {
    cache_.splice(cache_.begin(), cache_, found->second);
    return &*found->second;
  }
  const Trust untrusted(is_trusted_, false);
  std::string_view rest;
  Statement statement = prepare(sql, &rest);
  if (!statement || !is_blank_sql(rest)) return nullptr;
  const bool may_be_quick = statement.is_read_only() && has_short_instructions(sql);
  cache_.push_front({sql, std::move(statement), reads_tables_, may_be_quick});
  cache_index_.emplace(cache_.front().sql, cache_.begin());
  if (cache_.size() > kCachedStatements) {
    cache_index_.erase(cache_.back().sql);
    cache_.pop_back();
  }
  return &cache_.front();
}

D1Result D1Database::run_query(const D1Query& query) {
  const Trust untrusted(is_trusted_, false);

  const Clock::time_point started = Clock::now();
  const int64_t changes_before = sqlite3_total_changes64(connection_.handle());
  const int64_t row_before = sqlite3_last_insert_rowid(connection_.handle());
  const int64_t size_before = size();
  counts_.start();
  D1Result result;
  if (Cached* only = cached(query.sql)) {
    run_statement(only->statement, only->reads_tables, query, result);
  } else {
    std::string_view rest = query.sql;
    while (!is_blank_sql(rest)) {
      Statement statement = prepare(rest, &rest);
      if (!statement) continue;
      const bool is_last = is_blank_sql(rest);
      if (!is_last && statement.parameter_count() > 0) {
        throw Error(
            "When executing multiple SQL statements in a single call, only the last statement can "
            "have parameters.: SQLITE_MISUSE");
      }
      result.columns.clear();
      result.cells.clear();
      run_statement(statement, reads_tables_, is_last ? query : D1Query{}, result);
    }
  }
  D1Meta& meta = result.meta;
  {
    const Trust trusted(is_trusted_, true);
    meta.rows_written = counts_.written();
  }
  meta.changes = sqlite3_total_changes64(connection_.handle()) - changes_before;
  meta.last_row_id = sqlite3_last_insert_rowid(connection_.handle());
  meta.size_after = size();
  meta.changed_db =
      meta.changes != 0 || meta.last_row_id != row_before || meta.size_after != size_before;
  meta.duration_ms = std::chrono::duration<double, std::milli>(Clock::now() - started).count();
  return result;
}

void D1Database::run_statement(Statement& statement, bool reads_tables, const D1Query& query,
                               D1Result& result) {
  const int expected = statement.parameter_count();
  if (expected != static_cast<int>(query.parameters.size())) {
    throw Error("Wrong number of parameter bindings for SQL query.");
  }
  struct Reset {
    Statement& statement;
    ~Reset() { statement.reset(); }
  } reset{statement};
  for (int i = 0; i < expected; ++i) {
    statement.bind(i + 1, query.parameters[static_cast<size_t>(i)]);
  }
  bool has_row = statement.step();
  // After the first step: the schema may have changed since the statement was prepared.
  const int columns = statement.column_count();
  for (int i = 0; i < columns; ++i) result.columns.push_back(statement.column_name(i));
  int64_t returned = 0;
  for (; has_row; has_row = statement.step()) {
    ++returned;
    for (int i = 0; i < columns; ++i) result.cells.push_back(statement.value(i));
  }
  result.meta.rows_read += RowCounts::read(statement, returned, reads_tables);
}

int64_t D1Database::size() {
  const Trust trusted(is_trusted_, true);  // a change of the schema has it prepared again
  const int64_t pages = page_count_.step() ? page_count_.integer(0) : 0;
  page_count_.reset();
  return pages * page_size_;
}

std::string D1Database::bookmark() {
  // Time first, so that later bookmarks are greater in this and in later processes.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  char text[80];
  std::snprintf(text, sizeof text, "%08llx-%08llx-%08llx-%032llx",
                static_cast<unsigned long long>(milliseconds / 1000),
                static_cast<unsigned long long>(milliseconds % 1000),
                static_cast<unsigned long long>(requests_ & 0xffffffff),
                static_cast<unsigned long long>(size()));
  return text;
}

Blob D1Database::dump() {
  const Trust trusted(is_trusted_, true);
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(connection_.handle(), "main", &size, 0);
  if (bytes == nullptr) throw SqliteError(connection_.handle(), SQLITE_NOMEM);
  const std::unique_ptr<unsigned char, void (*)(void*)> owned(bytes, sqlite3_free);
  return Blob(bytes, bytes + size);
}

}  // namespace cwrangler::storage
