// Asking for what nobody should see on the screen.

#pragma once

#include <string>
#include <string_view>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// Asks on the terminal without showing what is typed. Where standard input is no terminal, it is
/// all of that, without the line end at its end. Throws Error when it is empty.
std::string ask_secret(Terminal& terminal, std::string_view question);

}  // namespace cwrangler::cli
