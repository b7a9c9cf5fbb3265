// The command line as a whole: every command with its flags, for parsing, and for what is made from
// the same data: --help, the pages of docs/, completions, man pages.

#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command/commands.h"

namespace cwrangler::cli {

/// The program with all commands; parsing fills `context`, which must outlive it.
std::unique_ptr<CLI::App> make_program(CommandContext& context);

/// An example of a command's use.
struct Example {
  std::string_view line;     ///< "cwrangler dev --port 9000"
  std::string_view meaning;  ///< a clause without a full stop
};

/// Of the command whose words are `path` ("d1 execute"; "" for the program); empty for commands
/// that only have sub-commands.
std::vector<Example> examples_of(std::string_view path);

/// The words of a command without the program's own: "d1 execute".
std::string command_path(const CLI::App& command);

/// Calls `visit` for the program and every command in it, parents first.
void for_each_command(const CLI::App& program, const std::function<void(const CLI::App&)>& visit);

/// The group of flags that are accepted for wrangler's sake and do nothing: --help, completions and
/// the reference leave them out.
inline constexpr const char* kUnlisted = "";

/// The options of a command that are to be shown, in the order of --help.
std::vector<const CLI::Option*> listed_options(const CLI::App& command);

}  // namespace cwrangler::cli
