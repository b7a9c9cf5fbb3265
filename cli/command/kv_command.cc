#include "cli/command/kv_command.h"

#include <CLI/CLI.hpp>

namespace cwrangler::cli {

void add_kv_flags(CLI::App& command, KvFlags& flags) {
  auto* binding = command.add_option("--binding", flags.space.binding, "Its name in env");
  command.add_option("--namespace-id", flags.space.id, "Its id")->excludes(binding);
  command.add_flag("--preview", flags.space.preview, "The binding's preview namespace");
  add_location_flags(command, flags.location);
}

KvCommand::KvCommand(const KvFlags& flags, const CommandContext& context) : flags_(flags) {
  config_ = load_config_or_none(
      {context.options.directory, context.options.config_file, context.options.environment});
  state_ = state_directory(flags.location, config_, context.options.directory);
}

LocalNamespace KvCommand::space() const {
  if (flags_.space.binding.empty() && flags_.space.id.empty()) {
    throw Error("Exactly one of the arguments binding and namespace-id is required")
        .exit_with(ExitCode::usage)
        .hint("--binding takes the name that the Worker knows the namespace by.");
  }
  return find_namespace(config_, flags_.space);
}

int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace cwrangler::cli
