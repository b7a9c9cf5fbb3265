#include "storage/sqlite.h"

#include <array>
#include <system_error>
#include <utility>

namespace cwrangler::storage {
namespace {

constexpr std::array<std::pair<int, const char*>, 30> kPrimaryCodes{{
    {SQLITE_ERROR, "SQLITE_ERROR"},
    {SQLITE_INTERNAL, "SQLITE_INTERNAL"},
    {SQLITE_PERM, "SQLITE_PERM"},
    {SQLITE_ABORT, "SQLITE_ABORT"},
    {SQLITE_BUSY, "SQLITE_BUSY"},
    {SQLITE_LOCKED, "SQLITE_LOCKED"},
    {SQLITE_NOMEM, "SQLITE_NOMEM"},
    {SQLITE_READONLY, "SQLITE_READONLY"},
    {SQLITE_INTERRUPT, "SQLITE_INTERRUPT"},
    {SQLITE_IOERR, "SQLITE_IOERR"},
    {SQLITE_CORRUPT, "SQLITE_CORRUPT"},
    {SQLITE_NOTFOUND, "SQLITE_NOTFOUND"},
    {SQLITE_FULL, "SQLITE_FULL"},
    {SQLITE_CANTOPEN, "SQLITE_CANTOPEN"},
    {SQLITE_PROTOCOL, "SQLITE_PROTOCOL"},
    {SQLITE_EMPTY, "SQLITE_EMPTY"},
    {SQLITE_SCHEMA, "SQLITE_SCHEMA"},
    {SQLITE_TOOBIG, "SQLITE_TOOBIG"},
    {SQLITE_CONSTRAINT, "SQLITE_CONSTRAINT"},
    {SQLITE_MISMATCH, "SQLITE_MISMATCH"},
    {SQLITE_MISUSE, "SQLITE_MISUSE"},
    {SQLITE_NOLFS, "SQLITE_NOLFS"},
    {SQLITE_AUTH, "SQLITE_AUTH"},
    {SQLITE_FORMAT, "SQLITE_FORMAT"},
    {SQLITE_RANGE, "SQLITE_RANGE"},
    {SQLITE_NOTADB, "SQLITE_NOTADB"},
    {SQLITE_NOTICE, "SQLITE_NOTICE"},
    {SQLITE_WARNING, "SQLITE_WARNING"},
    {SQLITE_ROW, "SQLITE_ROW"},
    {SQLITE_DONE, "SQLITE_DONE"},
}};

constexpr std::array<std::pair<int, const char*>, 26> kExtendedCodes{{
    {SQLITE_CONSTRAINT_CHECK, "SQLITE_CONSTRAINT_CHECK"},
    {SQLITE_CONSTRAINT_COMMITHOOK, "SQLITE_CONSTRAINT_COMMITHOOK"},
    {SQLITE_CONSTRAINT_DATATYPE, "SQLITE_CONSTRAINT_DATATYPE"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, "SQLITE_CONSTRAINT_FOREIGNKEY"},
    {SQLITE_CONSTRAINT_FUNCTION, "SQLITE_CONSTRAINT_FUNCTION"},
    {SQLITE_CONSTRAINT_NOTNULL, "SQLITE_CONSTRAINT_NOTNULL"},
    {SQLITE_CONSTRAINT_PINNED, "SQLITE_CONSTRAINT_PINNED"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, "SQLITE_CONSTRAINT_PRIMARYKEY"},
    {SQLITE_CONSTRAINT_ROWID, "SQLITE_CONSTRAINT_ROWID"},
    {SQLITE_CONSTRAINT_TRIGGER, "SQLITE_CONSTRAINT_TRIGGER"},
    {SQLITE_CONSTRAINT_UNIQUE, "SQLITE_CONSTRAINT_UNIQUE"},
    {SQLITE_CONSTRAINT_VTAB, "SQLITE_CONSTRAINT_VTAB"},
    {SQLITE_BUSY_RECOVERY, "SQLITE_BUSY_RECOVERY"},
    {SQLITE_BUSY_SNAPSHOT, "SQLITE_BUSY_SNAPSHOT"},
    {SQLITE_BUSY_TIMEOUT, "SQLITE_BUSY_TIMEOUT"},
    {SQLITE_CORRUPT_INDEX, "SQLITE_CORRUPT_INDEX"},
    {SQLITE_CORRUPT_SEQUENCE, "SQLITE_CORRUPT_SEQUENCE"},
    {SQLITE_CORRUPT_VTAB, "SQLITE_CORRUPT_VTAB"},
    {SQLITE_IOERR_READ, "SQLITE_IOERR_READ"},
    {SQLITE_IOERR_SHORT_READ, "SQLITE_IOERR_SHORT_READ"},
    {SQLITE_IOERR_WRITE, "SQLITE_IOERR_WRITE"},
    {SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC"},
    {SQLITE_IOERR_TRUNCATE, "SQLITE_IOERR_TRUNCATE"},
    {SQLITE_IOERR_LOCK, "SQLITE_IOERR_LOCK"},
    {SQLITE_READONLY_DIRECTORY, "SQLITE_READONLY_DIRECTORY"},
    {SQLITE_AUTH_USER, "SQLITE_AUTH_USER"},
}};

template <size_t count>
const char* name_of(const std::array<std::pair<int, const char*>, count>& names, int code) {
  for (const auto& [known, name] : names) {
    if (known == code) return name;
  }
  return nullptr;
}

/// message [" at offset N"] ": " code [" (extended: " code ")"], as workerd composes it.
std::string describe(sqlite3* connection, int code) {
  const int primary = code & 0xff;
  std::string text = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  if (connection != nullptr) {
    const int offset = sqlite3_error_offset(connection);
    if (offset >= 0) text += " at offset " + std::to_string(offset);
  }
  const char* name = name_of(kPrimaryCodes, primary);
  text += ": " + (name ? std::string(name) : "SQLITE_" + std::to_string(primary));
  const int extended = connection ? sqlite3_extended_errcode(connection) : code;
  if (const char* more = name_of(kExtendedCodes, extended)) {
    text += std::string(" (extended: ") + more + ")";
  }
  return text;
}

void check(sqlite3* connection, int code) {
  if (code != SQLITE_OK) throw SqliteError(connection, code);
}

}  // namespace

SqliteError::SqliteError(sqlite3* connection, int code)
    : Error(describe(connection, code)), code_(code & 0xff) {}

void Statement::bind(int position, const SqlValue& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int position;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, position); }
    int operator()(int64_t number) const { return sqlite3_bind_int64(statement, position, number); }
    int operator()(double number) const { return sqlite3_bind_double(statement, position, number); }
    int operator()(const std::string& text) const {
      return sqlite3_bind_text64(statement, position, text.data(), text.size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
    }
    int operator()(const Blob& bytes) const {
      // A null pointer would bind NULL in place of no bytes.
      return sqlite3_bind_blob64(statement, position,
                                 bytes.empty() ? "" : (const void*)bytes.data(), bytes.size(),
                                 SQLITE_TRANSIENT);
    }
  };
  check(sqlite3_db_handle(handle()), std::visit(Binder{handle(), position}, value));
}

void Statement::bind_text(int position, std::string_view text) {
  check(sqlite3_db_handle(handle()),
        sqlite3_bind_text64(handle(), position, text.data(), text.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}

bool Statement::step() {
  const int code = sqlite3_step(handle());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle());
    return false;
  }
  SqliteError error(sqlite3_db_handle(handle()), code);
  sqlite3_reset(handle());
  throw error;
}

void Statement::reset() {
  sqlite3_reset(handle());
  sqlite3_clear_bindings(handle());
}

std::string Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(handle(), column);
  return name == nullptr ? "" : name;
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle(), column));
  return text == nullptr
             ? ""
             : std::string(text, static_cast<size_t>(sqlite3_column_bytes(handle(), column)));
}

SqlValue Statement::value(int column) const {
  switch (sqlite3_column_type(handle(), column)) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(handle(), column);
    case SQLITE_TEXT:
      return text(column);
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(handle(), column));
      return Blob(bytes, bytes + sqlite3_column_bytes(handle(), column));
    }
    default:
      return std::monostate();
  }
}

Connection::Connection(const std::filesystem::path& file, std::chrono::milliseconds patience)
    : patience_(patience) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  if (failed) {
    throw Error(failed.message()).while_doing("creating " + file.parent_path().string());
  }
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(opened);
  try {
    check(opened, code);
    check(opened, sqlite3_extended_result_codes(opened, 1));
    set_patience(patience);
    // Values in double quotes are strings where no column has their name, as in D1.
    check(opened, sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 1, nullptr));
    check(opened, sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 1, nullptr));
    check(opened, sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr));
    execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
  } catch (SqliteError& error) {
    error.while_doing("opening " + file.string());
    throw;
  }
}

void Connection::set_patience(std::chrono::milliseconds patience) {
  patience_ = patience;
  check(handle(), sqlite3_busy_timeout(handle(), static_cast<int>(patience.count())));
}

Statement Connection::prepare(std::string_view sql, std::string_view* rest) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  if (sql.size() > static_cast<size_t>(sqlite3_limit(handle(), SQLITE_LIMIT_SQL_LENGTH, -1))) {
    // Its length would not fit the argument either.
    throw SqliteError(nullptr, SQLITE_TOOBIG);
  }
  check(handle(), sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                     SQLITE_PREPARE_PERSISTENT, &statement, &tail));
  if (rest != nullptr) *rest = sql.substr(static_cast<size_t>(tail - sql.data()));
  return Statement(statement);
}

void Connection::execute(std::string_view sql) {
  while (!sql.empty()) {
    Statement statement = prepare(sql, &sql);
    if (!statement) continue;
    while (statement.step()) {
    }
  }
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!is_open_) return;
  // Some errors, a full disk among them, have rolled it back already.
  sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  connection_.execute("COMMIT");
  is_open_ = false;
}

}  // namespace cwrangler::storage
