#include "storage/d1_dump.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cwrangler::storage {
namespace {

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

/// A string literal on one line: line ends are put in by replace(), as SQLite's shell does.
std::string quoted_text(std::string_view value) {
  std::string text = "'";
  bool has_newline = false;
  bool has_return = false;
  for (const char c : value) {
    if (c == '\'') {
      text += "''";
    } else if (c == '\n') {
      text += "\\n";
      has_newline = true;
    } else if (c == '\r') {
      text += "\\r";
      has_return = true;
    } else {
      text += c;
    }
  }
  text += '\'';
  if (has_return) text = "replace(" + text + ",'\\r',char(13))";
  if (has_newline) text = "replace(" + text + ",'\\n',char(10))";
  return text;
}

struct Literal {
  std::string operator()(std::monostate) const { return "NULL"; }
  std::string operator()(int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const {
    if (std::isinf(number)) return number > 0 ? "9.0e+999" : "-9.0e+999";
    char text[40];
    const auto [end, failed] = std::to_chars(text, text + sizeof text, number);
    std::string literal(text, end);
    if (literal.find_first_of(".e") == std::string::npos) literal += ".0";
    return literal;
  }
  std::string operator()(const std::string& text) const { return quoted_text(text); }
  std::string operator()(const Blob& bytes) const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text = "X'";
    for (const uint8_t byte : bytes) {
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    return text + '\'';
  }
};

class Dump {
 public:
  Dump(Connection& connection, const DumpOptions& options, std::ostream& out)
      : connection_(connection), options_(options), out_(out) {}

  void write() {
    out_ << "PRAGMA defer_foreign_keys=TRUE;\n";
    Statement tables = connection_.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL "
        "ORDER BY tbl_name = 'sqlite_sequence', rowid");
    while (tables.step()) write_table(tables.text(0), tables.text(1));
    if (!options_.schema) return;
    Statement others = connection_.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND "
        "type IN ('index', 'trigger', 'view') ORDER BY type COLLATE NOCASE");
    while (others.step()) {
      if (is_wanted(others.text(0))) out_ << others.text(1) << ";\n";
    }
  }

 private:
  bool is_wanted(const std::string& name) const {
    return options_.tables.empty() ||
           std::find(options_.tables.begin(), options_.tables.end(), name) != options_.tables.end();
  }

  void write_table(const std::string& name, const std::string& sql) {
    if (!is_wanted(name)) return;
    if (name == "sqlite_sequence") {
      if (options_.schema) out_ << "DELETE FROM sqlite_sequence;\n";
    } else if (name.starts_with("sqlite_stat")) {
      if (options_.schema) out_ << "ANALYZE sqlite_schema;\n";
    } else if (name.starts_with("_cf_") || name.starts_with("sqlite_")) {
      return;
    } else if (sql.starts_with("CREATE VIRTUAL TABLE")) {
      throw Error("D1 Export error: cannot export databases with Virtual Tables (fts5)");
    } else if (options_.schema) {
      out_ << sql << ";\n";
    }
    if (options_.data) write_rows(name);
  }

  void write_rows(const std::string& table) {
    std::string names;
    Statement columns = connection_.prepare("SELECT name FROM pragma_table_info(?1)");
    columns.bind_text(1, table);
    while (columns.step()) names += (names.empty() ? "" : ",") + quoted_name(columns.text(0));
    const std::string begin = "INSERT INTO " + quoted_name(table) + " (" + names + ") VALUES(";
    Statement rows = connection_.prepare("SELECT " + names + " FROM " + quoted_name(table));
    while (rows.step()) {
      out_ << begin;
      for (int i = 0; i < rows.column_count(); ++i) {
        out_ << (i == 0 ? "" : ",") << std::visit(Literal(), rows.value(i));
      }
      out_ << ");\n";
    }
  }

  Connection& connection_;
  const DumpOptions& options_;
  std::ostream& out_;
};

}  // namespace

void dump_sql(Connection& connection, const DumpOptions& options, std::ostream& out) {
  Dump(connection, options, out).write();
}

}  // namespace cwrangler::storage
