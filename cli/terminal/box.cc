#include "cli/terminal/box.h"

#include <algorithm>

#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

/// Blanks between the frame and the text, on each side.
constexpr size_t kMargin = 2;

std::string line_of(size_t width, const char* left, const char* right) {
  std::string line = left;
  for (size_t i = 0; i < width; ++i) line += "─";
  return line + right;
}

}  // namespace

std::string boxed(const std::vector<std::string>& items, int columns) {
  std::string joined;
  for (const std::string& item : items) joined += (joined.empty() ? "" : " ") + item;
  std::vector<std::string> lines{joined};
  if (display_width(joined) + 2 * kMargin + 2 > static_cast<size_t>(std::max(columns, 0))) {
    lines = items;
  }
  size_t widest = 0;
  for (const std::string& line : lines) widest = std::max(widest, display_width(line));
  const size_t inner = widest + 2 * kMargin;
  std::string box = line_of(inner, "╭", "╮") + "\n";
  for (const std::string& line : lines) {
    box += "│" + std::string(kMargin, ' ') + line +
           std::string(inner - kMargin - display_width(line), ' ') + "│\n";
  }
  return box + line_of(inner, "╰", "╯");
}

}  // namespace cwrangler::cli
