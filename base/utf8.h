// Whether text is UTF-8: what is not cannot be written as JSON.

#pragma once

#include <string_view>

namespace cwrangler {

/// Where the first byte is that is not part of well-formed UTF-8 (Unicode 15, table 3-7), or npos.
size_t first_invalid_utf8(std::string_view text);

}  // namespace cwrangler
