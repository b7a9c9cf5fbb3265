// A command of a group whose commands share one set of flags, such as `cwrangler d1 …`.

#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command/commands.h"

namespace cwrangler::cli {

/// Adds the command to its group. When the command line names it, `action` is what runs, with the
/// flags as they are by then.
template <class Flags>
CLI::App* add_action(CLI::App& group, CommandContext& context, const std::shared_ptr<Flags>& flags,
                     const std::string& name, const std::string& help,
                     int (*action)(const Flags&, const CommandContext&)) {
  CLI::App* command = group.add_subcommand(name, help);
  command->callback([flags, &context, action] {
    context.run = [flags, &context, action] { return action(*flags, context); };
  });
  return command;
}

}  // namespace cwrangler::cli
