// `cwrangler sync [--force] [--upgrade]`: the project's packages into python_modules/.

#include "cli/project/sync.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command/commands.h"
#include "cli/project/project.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  bool force = false;
  bool upgrade = false;
  bool verbose = false;
  std::string python;
};

int sync(const Flags& flags, const CommandContext& context) {
  ProjectOptions options;
  options.config = {context.options.directory, context.options.config_file,
                    context.options.environment};
  options.python_version = flags.python;
  options.clock = context.clock;
  const Project project = load_project_settings(options);

  SyncRequest request;
  request.project = project.config.directory;
  request.python_version = project.python_version;
  request.force = flags.force;
  request.upgrade = flags.upgrade;
  request.verbose = flags.verbose;
  switch (sync_packages(request, context.terminal)) {
    case SyncOutcome::no_dependencies:
      context.terminal.print("The project depends on no packages: nothing to install");
      break;
    case SyncOutcome::up_to_date:
      context.terminal.print("python_modules is up to date");
      break;
    case SyncOutcome::installed:
    case SyncOutcome::built_in:
      break;
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_sync_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("sync", "Install the project's packages in python_modules");
  command->add_flag("-f,--force", flags->force, "Install although nothing has changed");
  command->add_flag("-U,--upgrade", flags->upgrade, "Newest versions instead of the locked ones");
  command->add_flag("--verbose", flags->verbose, "Show what uv is asked and what it says");
  command->add_option("--python", flags->python,
                      "Python version instead of the configuration's: 3.12, 3.13 or 3.14");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return sync(*flags, context); }; });
}

}  // namespace cwrangler::cli
