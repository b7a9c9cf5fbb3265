#include "cli/command/d1_command.h"

namespace cwrangler::cli {

D1Command::D1Command(const D1Flags& flags, const CommandContext& context)
    : flags_(flags), context_(context) {
  config_ = load_config_or_none(
      {context.options.directory, context.options.config_file, context.options.environment});
  state_ = state_directory(flags.location, config_, context.options.directory);
  databases_ = std::make_unique<LocalDatabases>(config_, state_);
}

std::string D1Command::shown_state() const {
  return (state_ / "d1").lexically_proximate(context_.options.directory).string();
}

void D1Command::print_resource_location() const {
  context_.terminal.print(
      "Resource location: local\n\nUse --remote if you want to access the remote instance.\n");
}

void D1Command::print_location() const {
  const LocalDatabase& found = database();
  print_resource_location();
  context_.terminal.print("🌀 Executing on local database " + found.name + " (" + found.id +
                          ") from " + shown_state() + ":");
  context_.terminal.print(
      "🌀 To execute on your remote database, add a --remote flag to your command.");
}

}  // namespace cwrangler::cli
