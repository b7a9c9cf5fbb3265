// How wide the terminal is that standard output goes to.

#pragma once

#include <optional>

namespace cwrangler::cli {

/// Characters in a line; nothing when standard output is no terminal, or one that does not say.
std::optional<int> terminal_columns();

}  // namespace cwrangler::cli
