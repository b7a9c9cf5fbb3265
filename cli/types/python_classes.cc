#include "cli/types/python_classes.h"

#include <cctype>

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
  const size_t begin = class_line(source, name);
  if (begin == source.npos) return {};
  const std::string_view body = class_body(source, begin);
  std::vector<std::string> methods;
  size_t indent = 0;  // of the class's own statements
  bool decorated = false;
  for (size_t at = next_line(body, 0); at < body.size(); at = next_line(body, at)) {
    std::string_view line = line_at(body, at);
    const size_t text = line.find_first_not_of(" \t\r");
    if (text == 0 || text == line.npos || line[text] == '#') continue;
    if (indent == 0) indent = text;
    if (text != indent) continue;
    line.remove_prefix(text);
    constexpr std::string_view kDef = "def ";
    if (line.starts_with(kDef) && !decorated) {
      line.remove_prefix(kDef.size());
      const std::string_view method = line.substr(0, line.find_first_of(" (["));
      if (!method.empty() && method[0] != '_') methods.emplace_back(method);
    }
    decorated = line[0] == '@' || (decorated && line[0] == ')');
  }
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
