#include "cli/project/dotenv.h"

#include <map>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

constexpr size_t kLongestValue = 1 << 20;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

bool is_variable_character(char c) {
  return is_name_character(c) && c != '.' && c != '-';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

class DotenvParser {
 public:
  explicit DotenvParser(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  DotenvFile parse() {
    while (at_ < text_.size()) {
      const int line = line_;
      skip_blanks();
      const bool nothing = at_end_of_line() || text_[at_] == '#';
      if (!nothing && !parse_entry()) file_.odd_lines.push_back(line);
      skip_line();
    }
    return std::move(file_);
  }

 private:
  bool at_end_of_line() const { return at_ >= text_.size() || text_[at_] == '\n'; }

  void skip_blanks() {
    while (!at_end_of_line() && is_blank(text_[at_])) ++at_;
  }

  void skip_line() {
    while (!at_end_of_line()) ++at_;
    if (at_ < text_.size()) ++at_;
    ++line_;
  }

  std::string_view take_name() {
    const size_t start = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  /// False when the line is no entry.
  bool parse_entry() {
    const int line = line_;
    std::string_view name = take_name();
    const bool has_export = name == "export" && at_ < text_.size() && is_blank(text_[at_]);
    if (has_export) {
      const size_t after_export = at_;
      skip_blanks();
      const std::string_view exported = take_name();
      if (exported.empty()) {
        at_ = after_export;  // an entry called "export"
      } else {
        name = exported;
      }
    }
    if (name.empty() || !take_separator()) return false;
    skip_blanks();
    bool closed = true;
    std::string value = take_value(closed);
    file_.entries.push_back({std::string(name), std::move(value), line});
    return closed;
  }

  /// `=` with blanks around it, or `:` right behind the name and a blank behind it.
  bool take_separator() {
    if (at_ + 1 < text_.size() && text_[at_] == ':' &&
        (is_blank(text_[at_ + 1]) || text_[at_ + 1] == '\n')) {
      ++at_;
      return true;
    }
    skip_blanks();
    if (at_end_of_line() || text_[at_] != '=') return false;
    ++at_;
    return true;
  }

  std::string take_value(bool& closed) {
    if (!at_end_of_line()) {
      const char quote = text_[at_];
      if (quote == '"' || quote == '\'' || quote == '`') {
        if (const size_t end = closing_quote(quote); end != std::string_view::npos) {
          return take_quoted(quote, end);
        }
        closed = false;
      }
    }
    const size_t start = at_;
    while (!at_end_of_line() && text_[at_] != '#') ++at_;
    return std::string(trimmed(text_.substr(start, at_ - start)));
  }

  /// Where the quote that opens at the current place is closed, with nothing but a comment behind
  /// it; npos when nowhere. A backslash keeps a quote from closing.
  size_t closing_quote(char quote) const {
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == quote) {
        ++i;
      } else if (text_[i] == quote) {
        return i;
      }
    }
    return std::string_view::npos;
  }

  std::string take_quoted(char quote, size_t end) {
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    for (const char c : value) {
      if (c == '\n') ++line_;
    }
    // Files with Windows line ends mean the same.
    replace_all(value, "\r\n", "\n");
    if (quote == '"') {
      replace_all(value, "\\n", "\n");
      replace_all(value, "\\r", "\r");
    }
    at_ = end + 1;
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  DotenvFile file_;
};

/// Expands one value by the variables known so far.
class Expander {
 public:
  Expander(const EnvironmentLookup& environment, const std::map<std::string, std::string>& above)
      : environment_(environment), above_(above) {}

  std::string expand(std::string_view value) const {
    std::string result;
    for (size_t at = 0; at < value.size();) {
      if (value.substr(at, 2) == "\\$") {
        result += '$';
        at += 2;
      } else if (value[at] == '$' && at + 1 < value.size() && value[at + 1] == '{') {
        at = expand_braces(value, at, result);
      } else if (value[at] == '$') {
        size_t end = at + 1;
        while (end < value.size() && is_variable_character(value[end])) ++end;
        if (end == at + 1) {
          result += '$';
        } else {
          result += look_up(std::string(value.substr(at + 1, end - at - 1))).value_or("");
        }
        at = end;
      } else {
        result += value[at++];
      }
      if (result.size() > kLongestValue) throw Error("a value grows beyond 1 MiB when expanded");
    }
    return result;
  }

 private:
  /// ${NAME} or ${NAME:-default} at `at`; what is neither stays as it is.
  size_t expand_braces(std::string_view value, size_t at, std::string& result) const {
    const size_t close = value.find('}', at);
    if (close == std::string_view::npos) {
      result += '$';
      return at + 1;
    }
    const std::string_view inside = value.substr(at + 2, close - at - 2);
    size_t end = 0;
    while (end < inside.size() && is_variable_character(inside[end])) ++end;
    std::string_view fallback = inside.substr(end);
    const bool has_fallback = fallback.starts_with(":-") || fallback.starts_with("-");
    if (end == 0 || (!fallback.empty() && !has_fallback)) {
      result += value.substr(at, close + 1 - at);
      return close + 1;
    }
    if (has_fallback) fallback.remove_prefix(fallback.front() == ':' ? 2 : 1);
    const auto found = look_up(std::string(inside.substr(0, end)));
    result += found && !found->empty() ? *found : std::string(fallback);
    return close + 1;
  }

  std::optional<std::string> look_up(const std::string& name) const {
    if (auto value = environment_(name)) return value;
    const auto found = above_.find(name);
    return found == above_.end() ? std::nullopt : std::optional(found->second);
  }

  const EnvironmentLookup& environment_;
  const std::map<std::string, std::string>& above_;
};

}  // namespace

DotenvFile parse_dotenv(std::string_view text) {
  return DotenvParser(text).parse();
}

void expand_dotenv(std::vector<DotenvFile::Entry>& entries, const EnvironmentLookup& environment) {
  std::map<std::string, std::string> above;
  for (DotenvFile::Entry& entry : entries) {
    try {
      entry.value = Expander(environment, above).expand(entry.value);
    } catch (Error& error) {
      error.while_doing("expanding the variable " + entry.name);
      throw;
    }
    above[entry.name] = entry.value;
  }
}

}  // namespace cwrangler::cli
