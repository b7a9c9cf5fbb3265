// SQLite as C++: a connection, its statements, and errors in workerd's words.
//
// A connection and its statements belong to one thread at a time. Every connection uses the
// write-ahead log with synchronous=FULL: what was committed survives the loss of the process and of
// power. Connections of several processes to one file wait for each other (busy_timeout).

#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace cwrangler::storage {

using Blob = std::vector<uint8_t>;
/// NULL, INTEGER, REAL, TEXT or BLOB.
using SqlValue = std::variant<std::monostate, int64_t, double, std::string, Blob>;

/// What SQLite refuses. problem() is worded as workerd does: "no such table: t: SQLITE_ERROR".
class SqliteError : public Error {
 public:
  /// Reads the message and codes of the connection's last call, which returned `code`.
  SqliteError(sqlite3* connection, int code);
  /// SQLITE_FULL, SQLITE_BUSY, …: the primary result code.
  int code() const { return code_; }

 private:
  int code_;
};

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  /// False for text that holds no statement, only blanks and comments.
  explicit operator bool() const { return handle_ != nullptr; }
  sqlite3_stmt* handle() const { return handle_.get(); }

  int parameter_count() const { return sqlite3_bind_parameter_count(handle()); }
  bool is_read_only() const { return sqlite3_stmt_readonly(handle()) != 0; }

  /// Positions count from 1. The value is copied.
  void bind(int position, const SqlValue& value);
  void bind_text(int position, std::string_view text);

  /// Advances to the next row; false when there is none, and then the statement is ready to run
  /// again. Throws SqliteError.
  bool step();
  /// Makes it ready to run again, and forgets the bound values.
  void reset();

  int column_count() const { return sqlite3_column_count(handle()); }
  std::string column_name(int column) const;
  SqlValue value(int column) const;
  std::string text(int column) const;
  int64_t integer(int column) const { return sqlite3_column_int64(handle(), column); }
  bool is_null(int column) const { return sqlite3_column_type(handle(), column) == SQLITE_NULL; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Connection {
 public:
  /// Opens the file, and makes it and its folder when they are not there. `patience`: how long a
  /// call waits for a lock that another connection holds before it fails with SQLITE_BUSY.
  explicit Connection(const std::filesystem::path& file,
                      std::chrono::milliseconds patience = std::chrono::seconds(10));

  sqlite3* handle() const { return handle_.get(); }

  std::chrono::milliseconds patience() const { return patience_; }
  void set_patience(std::chrono::milliseconds patience);

  /// The first statement of the text; `rest`, when given, becomes what follows it.
  Statement prepare(std::string_view sql, std::string_view* rest = nullptr);
  /// Runs every statement of the text.
  void execute(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::chrono::milliseconds patience_;
};

/// While it lives, a lock of another connection is an error at once.
class Impatience {
 public:
  explicit Impatience(Connection& connection)
      : connection_(connection), patience_(connection.patience()) {
    connection.set_patience(std::chrono::milliseconds(0));
  }
  Impatience(const Impatience&) = delete;
  Impatience& operator=(const Impatience&) = delete;
  ~Impatience() { connection_.set_patience(patience_); }

 private:
  Connection& connection_;
  const std::chrono::milliseconds patience_;
};

/// A write transaction: rolled back at its end unless it was committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit();

 private:
  Connection& connection_;
  bool is_open_ = true;
};

}  // namespace cwrangler::storage
