#include "cli/dev/binding_table.h"

#include <algorithm>

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

}  // namespace

std::vector<std::string> binding_table(const std::vector<BindingRow>& rows) {
  if (rows.empty()) return {};
  struct Line {
    std::string name;
    std::string resource;
    std::string mode;
  };
  std::vector<Line> lines{{"Binding", "Resource", "Mode"}};
  for (const BindingRow& row : rows) {
    const std::string detail = row.detail.empty() ? "" : " (" + row.detail + ")";
    lines.push_back({printable("env." + row.name + detail), row.resource, row.mode});
  }
  size_t names = 0;
  size_t resources = 0;
  for (const Line& line : lines) {
    names = std::max(names, width(line.name));
    resources = std::max(resources, width(line.resource));
  }
  std::vector<std::string> table{"Your Worker has access to the following bindings:"};
  for (const Line& line : lines) {
    table.push_back(padded(line.name, names + kGap) + padded(line.resource, resources + kGap) +
                    line.mode);
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
