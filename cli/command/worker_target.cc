#include "cli/command/worker_target.h"

#include "cli/local/resource_location.h"

namespace cwrangler::cli {

void add_name_flag(CLI::App& command, std::string& name) {
  command.add_option("--name", name, "Name of the Worker, in place of the configuration's");
}

WorkerTarget::WorkerTarget(const std::string& name, const CommandContext& context)
    : config_(load_config_or_none(
          {context.options.directory, context.options.config_file, context.options.environment})) {
  if (!name.empty()) config_.name = name;
  if (config_.name.empty()) {
    throw Error("Required Worker name missing.")
        .exit_with(ExitCode::usage)
        .hint("Please specify the Worker name in your configuration, or pass it via `--name`.");
  }
  session_ = std::make_unique<ApiSession>(context, &config_);
}

}  // namespace cwrangler::cli
