#include "storage/sql_script.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "storage/d1_database.h"

namespace cwrangler::storage {
namespace {

/// Follows strings, quoted names and comments, character by character.
class Lexer {
 public:
  /// True when the character is a semicolon that may end a statement.
  bool takes(char c) {
    const char before = std::exchange(last_, c);
    switch (state_) {
      case State::plain:
        if (c == '\'' || c == '"' || c == '`') {
          state_ = State::quoted;
          quote_ = c;
        } else if (c == '[') {
          state_ = State::quoted;
          quote_ = ']';
        } else if (c == '-' && before == '-') {
          state_ = State::line_comment;
        } else if (c == '*' && before == '/') {
          state_ = State::block_comment;
          last_ = '\0';  // the star of "/*/" begins and does not end
        }
        return c == ';';
      case State::quoted:
        // A doubled quote ends and begins again.
        if (c == quote_) state_ = State::plain;
        return false;
      case State::line_comment:
        if (c == '\n') state_ = State::plain;
        return false;
      case State::block_comment:
        if (c == '/' && before == '*') {
          state_ = State::plain;
          last_ = '\0';
        }
        return false;
    }
    return false;
  }

 private:
  enum class State { plain, quoted, line_comment, block_comment };
  State state_ = State::plain;
  char quote_ = '\0';
  char last_ = '\0';
};

/// Without blanks and comments in front and blanks behind.
std::string_view trimmed(std::string_view sql) {
  for (;;) {
    while (!sql.empty() && std::isspace(static_cast<unsigned char>(sql.front()))) {
      sql.remove_prefix(1);
    }
    size_t skip = 0;
    if (sql.starts_with("--")) skip = sql.find('\n');
    if (sql.starts_with("/*")) {
      skip = sql.find("*/", 2);
      if (skip != std::string_view::npos) skip += 2;
    }
    if (skip == 0) break;
    sql.remove_prefix(std::min(skip, sql.size()));
  }
  while (!sql.empty() && std::isspace(static_cast<unsigned char>(sql.back()))) {
    sql.remove_suffix(1);
  }
  return sql;
}

}  // namespace

void for_each_statement(std::istream& text, const std::function<void(const std::string&)>& run) {
  std::vector<char> chunk(1 << 20);
  std::string statement;
  Lexer lexer;
  const auto finish = [&] {
    std::string_view sql = trimmed(statement);
    while (sql.ends_with(';')) sql = trimmed(sql.substr(0, sql.size() - 1));
    if (!is_blank_sql(sql)) run(std::string(sql));
    statement.clear();
  };
  while (text.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), text.gcount() > 0) {
    const std::string_view read(chunk.data(), static_cast<size_t>(text.gcount()));
    size_t begin = 0;
    for (size_t i = 0; i < read.size(); ++i) {
      if (!lexer.takes(read[i])) continue;
      statement.append(read.substr(begin, i + 1 - begin));
      begin = i + 1;
      // Says no inside of a trigger's body.
      if (sqlite3_complete(statement.c_str())) finish();
    }
    statement.append(read.substr(begin));
  }
  finish();
}

}  // namespace cwrangler::storage
