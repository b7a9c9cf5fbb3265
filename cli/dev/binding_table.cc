#include "cli/dev/binding_table.h"

#include <algorithm>
#include <sstream>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {
namespace {

/// Blanks between the columns, and what a value is cut to, as in wrangler.
constexpr size_t kGap = 6;
constexpr size_t kLongestValue = 40;

/// The columns a terminal needs for UTF-8 text of letters: bytes that begin a character.
size_t width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(std::string text, size_t columns) {
  const size_t used = width(text);
  if (used < columns) text.append(columns - used, ' ');
  return text;
}

struct Line {
  std::string name;
  std::string detail;  ///< in parentheses, with a blank in front
  std::string resource;
  std::string mode;
};

constexpr const char* kHeading = "Your Worker has access to the following bindings:";

/// The words of `text` on lines of at most `columns`, those after the first indented.
void add_wrapped(const std::string& text, size_t columns, std::vector<std::string>& lines) {
  constexpr const char* kIndent = "  ";
  std::istringstream words(text);
  std::string line;
  bool first = true;
  for (std::string word; words >> word;) {
    if (!line.empty() && width(line) + 1 + width(word) > columns) {
      lines.push_back(std::move(line));
      line.clear();
      first = false;
    }
    line += line.empty() ? (first ? "" : kIndent) + word : " " + word;
  }
  if (!line.empty()) lines.push_back(std::move(line));
}

/// The table where there is no room for columns.
std::vector<std::string> narrow_table(const std::vector<Line>& lines, size_t columns) {
  std::vector<std::string> table;
  add_wrapped(kHeading, columns, table);
  for (const Line& line : lines) {
    add_wrapped(line.name + line.detail, columns, table);
    table.push_back("  " + line.resource + ", " + line.mode);
  }
  table.emplace_back();
  return table;
}

}  // namespace

std::vector<std::string> binding_table(const std::vector<BindingRow>& rows,
                                       std::optional<int> columns) {
  if (rows.empty()) return {};
  std::vector<Line> lines;
  for (const BindingRow& row : rows) {
    const std::string detail = row.detail.empty() ? "" : " (" + row.detail + ")";
    lines.push_back({printable("env." + row.name), printable(detail), row.resource, row.mode});
  }
  lines.insert(lines.begin(), {"Binding", "", "Resource", "Mode"});
  size_t names = 0;
  size_t resources = 0;
  size_t modes = 0;
  for (const Line& line : lines) {
    names = std::max(names, width(line.name + line.detail));
    resources = std::max(resources, width(line.resource));
    modes = std::max(modes, width(line.mode));
  }
  const size_t longest = std::max(names + resources + modes + 2 * kGap, width(kHeading));
  if (columns && static_cast<size_t>(*columns) < longest) {
    lines.erase(lines.begin());
    return narrow_table(lines, static_cast<size_t>(*columns));
  }
  std::vector<std::string> table{kHeading};
  for (const Line& line : lines) {
    table.push_back(padded(line.name + line.detail, names + kGap) +
                    padded(line.resource, resources + kGap) + line.mode);
  }
  table.emplace_back();
  return table;
}

std::string shown_value(std::string value) {
  std::replace(value.begin(), value.end(), '\n', ' ');
  if (width(value) <= kLongestValue) return value;
  size_t end = 0;
  for (size_t columns = 0; end < value.size(); ++end) {
    if ((value[end] & 0xC0) != 0x80 && ++columns >= kLongestValue) break;
  }
  return value.substr(0, end) + "…";
}

}  // namespace cwrangler::cli
