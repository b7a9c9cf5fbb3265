// Tables with lines between all cells, as wrangler prints results.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

/// The columns that a terminal needs for a text in UTF-8: two for ideographs and emoji.
size_t display_width(std::string_view text);

/// The lines of a table, without a final newline. Rows shorter than the header are filled up.
/// Control characters in cells become spaces.
std::string boxed_table(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows);

}  // namespace cwrangler::cli
