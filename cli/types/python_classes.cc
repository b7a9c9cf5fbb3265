#include "cli/types/python_classes.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace cwrangler::cli {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0;
}

/// Whether `name` is in `text` as a word of its own.
bool has_word(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
      return true;
    }
  }
  return false;
}

std::string_view line_at(std::string_view source, size_t at) {
  return source.substr(at, source.find('\n', at) - at);
}

/// The position after the line at `at`.
size_t next_line(std::string_view source, size_t at) {
  const size_t end = source.find('\n', at);
  return end == source.npos ? source.size() : end + 1;
}

/// Where the line `class NAME…` begins; npos when there is none at the top level.
size_t class_line(std::string_view source, std::string_view name) {
  for (size_t at = 0; at < source.size(); at = next_line(source, at)) {
    const std::string_view line = line_at(source, at);
    if (!line.starts_with("class ")) continue;
    std::string_view rest = line.substr(6);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.starts_with(name) && (rest.size() == name.size() || !is_word(rest[name.size()]))) {
      return at;
    }
  }
  return source.npos;
}

/// The class's lines: up to the next line that is neither empty nor indented nor a comment.
std::string_view class_body(std::string_view source, size_t begin) {
  size_t at = next_line(source, begin);
  while (at < source.size()) {
    const char first = source[at];
    if (first != ' ' && first != '\t' && first != '\n' && first != '\r' && first != '#' &&
        first != ')') {
      break;
    }
    at = next_line(source, at);
  }
  return source.substr(begin, at - begin);
}

std::string without_quotes_and_space(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != '"' && c != '\'' && !std::isspace(static_cast<unsigned char>(c))) result += c;
  }
  return result;
}

/// The words between the parentheses of a `class` statement, keyword arguments left out.
std::vector<std::string> base_classes(std::string_view body) {
  const size_t open = body.find_first_of("(:");
  if (open == body.npos || body[open] == ':') return {};
  const size_t close = body.find(')', open);
  if (close == body.npos) return {};
  std::vector<std::string> bases;
  for (size_t at = open; at < close;) {
    const size_t end = std::min(body.find(',', at + 1), close);
    const std::string base = without_quotes_and_space(body.substr(at + 1, end - at - 1));
    // `Room[str]` is a Room.
    if (base.find('=') == base.npos) bases.push_back(base.substr(0, base.find('[')));
    at = end;
  }
  return bases;
}

/// A statement of a class's body that defines a method.
struct Method {
  std::string name;
  bool plain = false;  ///< neither `async def` nor decorated
};

std::vector<Method> methods_of(std::string_view body) {
  std::vector<Method> methods;
  size_t indent = 0;  // of the class's own statements
  bool decorated = false;
  for (size_t at = next_line(body, 0); at < body.size(); at = next_line(body, at)) {
    std::string_view line = line_at(body, at);
    const size_t text = line.find_first_not_of(" \t\r");
    if (text == 0 || text == line.npos || line[text] == '#') continue;
    if (indent == 0) indent = text;
    if (text != indent) continue;
    line.remove_prefix(text);
    constexpr std::string_view kAsync = "async ";
    constexpr std::string_view kDef = "def ";
    std::string_view rest = line;
    const bool is_async = rest.starts_with(kAsync);
    if (is_async) rest.remove_prefix(kAsync.size());
    if (rest.starts_with(kDef)) {
      rest.remove_prefix(kDef.size());
      methods.push_back(
          {std::string(rest.substr(0, rest.find_first_of(" (["))), !is_async && !decorated});
    }
    decorated = line[0] == '@' || (decorated && line[0] == ')');
  }
  return methods;
}

/// Of the class and of those of its bases that the module defines; the nearest definition of a name
/// counts. `visited` ends what would be endless in code that is wrong.
void collect_methods(std::string_view source, std::string_view name,
                     std::vector<std::string>& methods, std::set<std::string, std::less<>>& known,
                     std::set<std::string, std::less<>>& visited) {
  const size_t begin = class_line(source, name);
  if (begin == source.npos || !visited.emplace(name).second) return;
  const std::string_view body = class_body(source, begin);
  for (Method& method : methods_of(body)) {
    if (method.name.empty() || !known.insert(method.name).second) continue;
    if (method.plain && method.name[0] != '_') methods.push_back(std::move(method.name));
  }
  for (const std::string& base : base_classes(body)) {
    collect_methods(source, base, methods, known, visited);
  }
}

}  // namespace

bool has_class(std::string_view source, std::string_view name) {
  if (name.empty()) return false;
  if (class_line(source, name) != source.npos) return true;
  for (size_t at = 0; at < source.size(); at = next_line(source, at)) {
    const std::string_view line = line_at(source, at);
    if (line.starts_with("from ") && has_word(line, name)) return true;
  }
  return false;
}

std::vector<std::string> plain_methods(std::string_view source, std::string_view name) {
  std::vector<std::string> methods;
  std::set<std::string, std::less<>> known;
  std::set<std::string, std::less<>> visited;
  collect_methods(source, name, methods, known, visited);
  return methods;
}

std::string workflow_payload(std::string_view source, std::string_view name) {
  const size_t begin = class_line(source, name);
  if (begin == source.npos) return {};
  const std::string_view body = class_body(source, begin);
  const size_t run = body.find("def run(");
  if (run == body.npos) return {};
  const std::string_view signature = body.substr(run, body.find("\n\n", run) - run);
  constexpr std::string_view kEvent = "WorkflowEvent[";
  const size_t event = signature.find(kEvent);
  const size_t end = signature.find(']', event == signature.npos ? 0 : event);
  if (event == signature.npos || end == signature.npos) return {};
  const size_t start = event + kEvent.size();
  std::string payload = without_quotes_and_space(signature.substr(start, end - start));
  for (const char c : payload) {
    if (!is_word(c)) return {};
  }
  return payload;
}

}  // namespace cwrangler::cli
