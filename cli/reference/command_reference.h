// Pages about the commands, made of the command line's own data.

#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cwrangler::cli {

/// docs/commands/NAME.md of a command and all that is below it.
std::string command_page(const CLI::App& command);

/// docs/commands/README.md: the list of commands, and the flags that all of them take.
std::string command_index(const CLI::App& program);

/// The man page of the program (`section` 1), in roff.
std::string manual_page(const CLI::App& program);

}  // namespace cwrangler::cli
