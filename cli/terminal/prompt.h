// Questions to the person at the terminal.

#pragma once

#include <string_view>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// Asks yes or no on standard input; Enter is yes. Without a terminal there is nobody to ask: says
/// so and takes yes, as wrangler does.
bool confirm(Terminal& terminal, std::string_view question);

/// Whether standard output is a terminal: a person reads it.
bool out_is_terminal();

}  // namespace cwrangler::cli
