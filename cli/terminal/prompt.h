// Questions to the person at the terminal.

#pragma once

#include <string>
#include <string_view>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// What Enter alone says.
enum class OnEnter { yes, no };

/// Asks yes or no on standard input. Without a terminal there is nobody to ask: says so and takes
/// yes, as wrangler does.
bool confirm(Terminal& terminal, std::string_view question, OnEnter on_enter = OnEnter::yes);

/// Asks for a line on standard input; an empty answer, or the end of the input, is `preset`.
std::string ask(Terminal& terminal, std::string_view question, std::string_view preset);

/// Whether a person can be asked: standard input and output are a terminal.
bool can_ask();

/// Whether standard output is a terminal: a person reads it.
bool out_is_terminal();

}  // namespace cwrangler::cli
