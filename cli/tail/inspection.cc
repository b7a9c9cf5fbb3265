#include "cli/tail/inspection.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {
namespace {

/// What is longer is shown with an entry a line, and deeper only by its kind: Node's defaults.
constexpr size_t kLongestLine = 72;
constexpr int kDeepest = 2;

bool is_identifier(const std::string& name) {
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) || c == '_' || c == '$'; };
  return !name.empty() && is_letter(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return is_letter(byte) || std::isdigit(byte);
         });
}

/// In the quotes that need no escapes, where there are such.
std::string quoted(const std::string& text) {
  char quote = '\'';
  if (text.find('\'') != std::string::npos) {
    if (text.find('"') == std::string::npos) {
      quote = '"';
    } else if (text.find('`') == std::string::npos) {
      quote = '`';
    }
  }
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else {
      result += c;
    }
  }
  return result + quote;
}

std::string joined(const std::vector<std::string>& entries, const char* brackets, int depth) {
  if (entries.empty()) return std::string(1, brackets[0]) + brackets[1];
  size_t length = 4;
  bool has_lines = false;
  for (const std::string& entry : entries) {
    length += entry.size() + 2;
    has_lines = has_lines || entry.find('\n') != std::string::npos;
  }
  const bool is_long = length > kLongestLine || has_lines;
  const std::string indent(static_cast<size_t>(depth) * 2, ' ');
  std::string text(1, brackets[0]);
  for (size_t i = 0; i < entries.size(); ++i) {
    text += is_long ? "\n  " + indent : " ";
    text += entries[i];
    if (i + 1 < entries.size()) text += ",";
  }
  return text + (is_long ? "\n" + indent : " ") + brackets[1];
}

std::string inspected(const ApiJson& value, int depth) {
  if (value.is_string()) return quoted(value.get<std::string>());
  if (!value.is_structured()) {
    return value.dump(-1, ' ', false, ApiJson::error_handler_t::replace);
  }
  if (depth > kDeepest) return value.is_array() ? "[Array]" : "[Object]";
  std::vector<std::string> entries;
  if (value.is_array()) {
    for (const ApiJson& item : value) entries.push_back(inspected(item, depth + 1));
    return joined(entries, "[]", depth);
  }
  for (const auto& [name, item] : value.items()) {
    entries.push_back((is_identifier(name) ? name : quoted(name)) + ": " +
                      inspected(item, depth + 1));
  }
  return joined(entries, "{}", depth);
}

}  // namespace

std::string shown_value(const ApiJson& value) {
  return printable(value.is_string() ? value.get<std::string>() : inspected(value, 0));
}

}  // namespace cwrangler::cli
