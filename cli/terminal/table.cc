#include "cli/terminal/table.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cwrangler::cli {
namespace {

/// Code points that take two columns (Unicode's East Asian Width, W and F, in rough blocks).
constexpr std::array<std::pair<uint32_t, uint32_t>, 13> kWide{{{0x1100, 0x115F},
                                                               {0x2705, 0x2705},
                                                               {0x274C, 0x274E},
                                                               {0x2753, 0x2757},
                                                               {0x2E80, 0xA4CF},
                                                               {0xAC00, 0xD7A3},
                                                               {0xF900, 0xFAFF},
                                                               {0xFE30, 0xFE6F},
                                                               {0xFF00, 0xFF60},
                                                               {0xFFE0, 0xFFE6},
                                                               {0x1F300, 0x1F64F},
                                                               {0x1F680, 0x1FAFF},
                                                               {0x20000, 0x3FFFD}}};

size_t width_of(uint32_t point) {
  if ((point >= 0x300 && point <= 0x36F) || (point >= 0xFE00 && point <= 0xFE0F) ||
      point == 0x200B || point == 0x200D) {
    return 0;
  }
  return std::any_of(
             kWide.begin(), kWide.end(),
             [point](const auto& range) { return point >= range.first && point <= range.second; })
             ? 2
             : 1;
}

std::string cell_text(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

std::string rule(const std::vector<size_t>& widths, const char* left, const char* middle,
                 const char* right) {
  std::string line = left;
  for (size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) line += middle;
    for (size_t column = 0; column < widths[i] + 2; ++column) line += "─";
  }
  return line + right;
}

std::string row_line(const std::vector<size_t>& widths, const std::vector<std::string>& cells) {
  std::string line = "│";
  for (size_t i = 0; i < widths.size(); ++i) {
    const std::string cell = i < cells.size() ? cells[i] : "";
    line += ' ' + cell + std::string(widths[i] - display_width(cell), ' ') + " │";
  }
  return line;
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (size_t j = 1; j < length && i + j < text.size(); ++j) {
      point = point << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3F);
    }
    width += width_of(point);
    i += length;
  }
  return width;
}

std::string boxed_table(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines{header};
  lines.insert(lines.end(), rows.begin(), rows.end());
  std::vector<size_t> widths(header.size());
  for (auto& line : lines) {
    line.resize(header.size());
    for (size_t i = 0; i < line.size(); ++i) {
      line[i] = cell_text(std::move(line[i]));
      widths[i] = std::max(widths[i], display_width(line[i]));
    }
  }
  std::string table = rule(widths, "┌", "┬", "┐");
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) table += '\n' + rule(widths, "├", "┼", "┤");
    table += '\n' + row_line(widths, lines[i]);
  }
  return table + '\n' + rule(widths, "└", "┴", "┘");
}

}  // namespace cwrangler::cli
