// `cwrangler triggers deploy`: what makes a Worker run, without its code.

#include "cli/deploy/triggers.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command/action.h"
#include "cli/command/deploy_options.h"
#include "cli/terminal/prompt.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  WorkerFlags worker;
  std::vector<std::string> crons;
  bool dry_run = false;
};

int deploy(const Flags& flags, const CommandContext& context) {
  Terminal& terminal = context.terminal;
  const Config config = deploy_config(config_overrides(flags.worker, context), context);
  for (const std::string& warning : config.warnings) terminal.print_warning(warning);
  if (flags.dry_run) {
    terminal.print("--dry-run: exiting now.");
    return static_cast<int>(ExitCode::ok);
  }
  ApiSession session(context, &config);
  const DeployContext deployment{
      session.account(), config, terminal, confirm_by(terminal, /*strict=*/false), can_ask(), true};
  const auto begin = std::chrono::steady_clock::now();
  const auto targets = deploy_triggers(deployment, {flags.worker.routes, {}, flags.crons});
  terminal.print("Deployed " + config.name + " triggers (" + seconds_since(begin) + ")");
  for (const std::string& target : targets) terminal.print("  " + printable(target));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_triggers_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = program.add_subcommand("triggers", "What makes a deployed Worker run");
  group->require_subcommand(1);
  CLI::App* command = add_action(*group, context, flags, "deploy",
                                 "Bring routes, schedules and queues in line", deploy);
  command->add_option("--name", flags->worker.name, "Name of the Worker");
  command
      ->add_option("--triggers,--schedule,--schedules", flags->crons,
                   "Schedules in place of the configuration's; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--routes,--route", flags->worker.routes,
                   "Routes in place of the configuration's; repeatable")
      ->allow_extra_args(false);
  command->add_flag("--dry-run", flags->dry_run, "Do all but deploy");
}

}  // namespace cwrangler::cli
