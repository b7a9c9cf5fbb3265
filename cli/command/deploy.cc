// `cwrangler deploy`: the Worker into the account.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command/deploy_options.h"
#include "cli/command/program.h"
#include "cli/deploy/publish.h"
#include "cli/deploy/report.h"
#include "cli/deploy/triggers.h"
#include "cli/terminal/prompt.h"

namespace cwrangler::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Flags {
  UploadFlags upload;
  std::vector<std::string> crons;
  std::vector<std::string> domains;
  bool logpush = false;
  bool autoconfig = true;
  const CLI::App* command = nullptr;
};

void print_bindings(const std::vector<ApiJson>& bindings, const ReadyUpload& upload,
                    Terminal& terminal) {
  const auto table = deployed_bindings(bindings, upload.project.config, upload.options.variables);
  if (table.empty()) terminal.print("No bindings found.");
  for (const std::string& line : table) terminal.print(line);
}

int dry_run(const ReadyUpload& upload, Terminal& terminal) {
  print_bindings(upload_bindings(upload.project.config, upload.options), upload, terminal);
  terminal.print("--dry-run: exiting now.");
  return static_cast<int>(ExitCode::ok);
}

void report_event(const CommandContext& context, const Config& config,
                  const UploadedVersion& version, const std::vector<std::string>& targets) {
  if (!context.report_event) return;
  nlohmann::json event{{"type", "deploy"},
                       {"worker_name", config.name},
                       {"worker_tag", version.worker_tag},
                       {"version_id", version.id},
                       {"targets", targets},
                       {"wrangler_environment", config.environment}};
  context.report_event(event);
}

int deploy(const Flags& flags, const CommandContext& context) {
  Terminal& terminal = context.terminal;
  ReadyUpload upload = prepare_upload(flags.upload, *flags.command, context);
  if (flags.command->count("--logpush") > 0) upload.options.logpush = flags.logpush;
  const Config& config = upload.project.config;
  if (flags.upload.dry_run) return dry_run(upload, terminal);

  ApiSession session(context, &config);
  DeployContext deployment{session.account(), config, terminal,
                           confirm_by(terminal, flags.upload.strict), can_ask()};
  const DeployedWorker worker = find_worker(deployment.account, config.name);
  deployment.existed = worker.exists;
  if (!check_before_deployment(deployment, worker, upload.options)) {
    return static_cast<int>(ExitCode::ok);
  }
  const Clock::time_point begin = Clock::now();
  Progress progress(std::cerr, stderr_is_animated());
  const UploadedVersion version =
      publish(deployment, worker, {upload.project, upload.modules, upload.options}, progress);
  if (version.startup_ms) {
    terminal.print("Worker Startup Time: " + std::to_string(*version.startup_ms) + " ms");
  }
  if (!version.bindings.empty()) print_bindings(version.bindings, upload, terminal);
  terminal.print("Uploaded " + config.name + " (" + seconds_since(begin) + ")");

  const Clock::time_point uploaded = Clock::now();
  const std::vector<std::string> targets =
      deploy_triggers(deployment, {flags.upload.worker.routes, flags.domains, flags.crons});
  terminal.print("Deployed " + config.name + " triggers (" + seconds_since(uploaded) + ")");
  for (const std::string& target : targets) terminal.print("  " + printable(target));
  terminal.print("Current Version ID: " + version.id);
  report_event(context, config, version, targets);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_deploy_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("deploy", "Deploy the Worker to the account");
  flags->command = command;
  add_upload_flags(*command, flags->upload);
  command
      ->add_option("--triggers,--schedule,--schedules", flags->crons,
                   "Schedules in place of the configuration's; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--domains,--domain", flags->domains,
                   "Custom domains besides the configuration's; repeatable")
      ->allow_extra_args(false);
  command->add_flag("--logpush,!--no-logpush", flags->logpush, "Push its logs");
  command->add_flag("--autoconfig,!--no-autoconfig", flags->autoconfig)->group(kUnlisted);
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return deploy(*flags, context); }; });
}

}  // namespace cwrangler::cli
