// `cwrangler edge`: the flags are read here, for help and completions; `cwrangler-edge` does the
// work.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "cli/command/commands.h"
#include "edge/command_line.h"

namespace cwrangler::cli {
namespace {

/// What was given for a command and its sub-command, in its order of kinds: flags, then names.
void collect_arguments(const CLI::App& command, std::vector<std::string>& arguments) {
  std::set<const CLI::Option*> seen;
  std::vector<std::string> positional;
  for (const CLI::Option* option : command.parse_order()) {
    if (!seen.insert(option).second) continue;
    if (option->get_lnames().empty()) {
      positional.insert(positional.end(), option->results().begin(), option->results().end());
      continue;
    }
    const std::string flag = "--" + option->get_lnames().front();
    if (option->get_expected_max() == 0) {
      arguments.push_back(flag);
      continue;
    }
    for (const std::string& value : option->results()) arguments.push_back(flag + "=" + value);
  }
  for (const CLI::App* child : command.get_subcommands()) {
    arguments.push_back(child->get_name());
    collect_arguments(*child, arguments);
  }
  if (!positional.empty()) arguments.emplace_back("--");
  arguments.insert(arguments.end(), positional.begin(), positional.end());
}

/// Becomes the other program.
int run_edge(const CLI::App& command) {
  const std::filesystem::path program = sibling_program("cwrangler-edge");
  if (program.empty()) {
    throw Error("The program cwrangler-edge is missing from this installation")
        .hint("`cwrangler doctor` says what is installed.");
  }
  std::vector<std::string> arguments{program.string()};
  collect_arguments(command, arguments);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  throw system_error("starting " + program.string());
}

}  // namespace

void add_edge_command(CLI::App& program, CommandContext& context) {
  CLI::App* const command = program.add_subcommand(
      "edge", "Serve deployed Workers, and the API to deploy them with, on this machine");
  const auto commands = std::make_shared<edge::EdgeCommands>();
  const auto run = [command, &context] { context.run = [command] { return run_edge(*command); }; };
  for (auto action : {&edge::EdgeCommands::serve, &edge::EdgeCommands::create_token,
                      &edge::EdgeCommands::list_tokens, &edge::EdgeCommands::revoke_token,
                      &edge::EdgeCommands::create_account, &edge::EdgeCommands::list_accounts,
                      &edge::EdgeCommands::show_audit, &edge::EdgeCommands::backup,
                      &edge::EdgeCommands::restore}) {
    (*commands).*action = run;
  }
  edge::add_edge_command_line(*command, commands);
}

}  // namespace cwrangler::cli
