// `cwrangler versions upload|list|view|deploy`: versions of a Worker, and which of them get
// traffic.

#include "cli/deploy/versions.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/deploy_options.h"
#include "cli/command/versions_secret.h"
#include "cli/command/worker_target.h"
#include "cli/deploy/publish.h"
#include "cli/terminal/prompt.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  UploadFlags upload;
  const CLI::App* upload_command = nullptr;
  std::string name;
  std::string version;
  std::vector<std::string> specs;
  std::string message;
  bool yes = false;
  bool dry_run = false;
  bool json = false;
};

std::string dumped(const ApiJson& json) {
  return json.dump(2, ' ', false, ApiJson::error_handler_t::replace);
}

int upload(const Flags& flags, const CommandContext& context) {
  Terminal& terminal = context.terminal;
  const ReadyUpload ready = prepare_upload(flags.upload, *flags.upload_command, context);
  const Config& config = ready.project.config;
  if (flags.upload.dry_run) {
    terminal.print("--dry-run: exiting now.");
    return static_cast<int>(ExitCode::ok);
  }
  ApiSession session(context, &config);
  const DeployContext deployment{session.account(), config,
                                 terminal,          confirm_by(terminal, flags.upload.strict),
                                 can_ask(),         true};
  const DeployedWorker worker = find_worker(deployment.account, config.name);
  if (!worker.exists) {
    throw Error(
        "You cannot upload a new version of a Worker that does not yet exist. Please run the "
        "`deploy` command first.");
  }
  const auto begin = std::chrono::steady_clock::now();
  Progress progress(std::cerr, stderr_is_animated());
  const UploadedVersion version =
      upload_version(deployment, worker, {ready.project, ready.modules, ready.options}, progress);
  if (version.startup_ms) {
    terminal.print("Worker Startup Time: " + std::to_string(*version.startup_ms) + " ms");
  }
  terminal.print("Uploaded " + config.name + " (" + seconds_since(begin) + ")");
  terminal.print("Worker Version ID: " + version.id);
  terminal.print("\n`cwrangler versions deploy " + version.id +
                 "@100%` gives it traffic; a smaller percentage, a part of it.");
  if (context.report_event) {
    context.report_event({{"type", "version-upload"},
                          {"worker_name", config.name},
                          {"worker_tag", version.worker_tag},
                          {"version_id", version.id}});
  }
  return static_cast<int>(ExitCode::ok);
}

int list(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  const auto versions = WorkerVersions(target.account(), target.name()).versions();
  if (flags.json) {
    context.terminal.print(dumped(ApiJson(versions)));
    return static_cast<int>(ExitCode::ok);
  }
  for (const ApiJson& version : versions) {
    for (const std::string& line : version_lines(version)) context.terminal.print(line);
    context.terminal.print("");
  }
  return static_cast<int>(ExitCode::ok);
}

int view(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  WorkerVersions versions(target.account(), target.name());
  const ApiJson& version = versions.version(flags.version);
  if (flags.json) {
    context.terminal.print(dumped(version));
    return static_cast<int>(ExitCode::ok);
  }
  for (const std::string& line : version_lines(version)) context.terminal.print(line);
  for (const std::string& line : version_contents(version)) context.terminal.print(line);
  return static_cast<int>(ExitCode::ok);
}

void print_shares(const std::vector<VersionShare>& shares, WorkerVersions& versions,
                  Terminal& terminal) {
  for (const VersionShare& share : shares) {
    for (const std::string& line : share_lines(share, versions)) terminal.print("  " + line);
  }
}

/// Settings of the Worker that no version has: what the configuration says of them.
void sync_settings(WorkerTarget& target) {
  ApiJson body = ApiJson::object();
  for (const char* key :
       {"logpush", "observability", "tail_consumers", "streaming_tail_consumers"}) {
    if (target.config().settings.contains(key)) body[key] = target.config().settings[key];
  }
  if (!body.empty()) {
    target.account().patch(worker_path(target.name(), "/script-settings"), body);
  }
}

int deploy(const Flags& flags, const CommandContext& context) {
  if (flags.specs.empty()) {
    throw Error("No version is given")
        .exit_with(ExitCode::usage)
        .hint("`cwrangler versions list` lists them; VERSION_ID@PERCENTAGE% names one.");
  }
  Terminal& terminal = context.terminal;
  const std::vector<VersionShare> shares = parse_shares(flags.specs);
  WorkerTarget target(flags.name, context);
  WorkerVersions versions(target.account(), target.name());
  const auto before = versions.deployments();
  if (!before.empty()) {
    const auto current = shares_of(before.front());
    terminal.print("Your current deployment has " + std::to_string(current.size()) +
                   " version(s):");
    print_shares(current, versions, terminal);
  }
  terminal.print("The new one:");
  print_shares(shares, versions, terminal);
  if (flags.dry_run) {
    terminal.print("--dry-run: exiting now.");
    return static_cast<int>(ExitCode::ok);
  }
  if (!flags.yes && !confirm(terminal, "Deploy it?")) return static_cast<int>(ExitCode::ok);
  const auto begin = std::chrono::steady_clock::now();
  const ApiJson deployment = versions.deploy(shares, flags.message);
  sync_settings(target);
  std::string list;
  for (const VersionShare& share : shares) {
    list += (list.empty() ? "version " : " and version ") + share.version_id + " at " +
            shown_percentage(share.percentage);
  }
  terminal.print("Deployed " + target.name() + " " + list + " (" + seconds_since(begin) + ")");
  if (context.report_event) {
    nlohmann::json traffic = nlohmann::json::object();
    for (const VersionShare& share : shares) traffic[share.version_id] = share.percentage;
    context.report_event({{"type", "version-deploy"},
                          {"worker_name", target.name()},
                          {"deployment_id", string_at(deployment, "id")},
                          {"version_traffic", traffic}});
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_versions_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = program.add_subcommand("versions", "Versions of a Worker, and their traffic");
  group->require_subcommand(1);
  CLI::App* command =
      add_action(*group, context, flags, "upload", "Upload one without giving it traffic", upload);
  add_upload_flags(*command, flags->upload);
  command->add_option("--preview-alias", flags->upload.alias, "A name in the preview's address");
  flags->upload_command = command;
  command = add_action(*group, context, flags, "list", "List the latest", list);
  add_name_flag(*command, flags->name);
  command->add_flag("--json", flags->json, "As the API has them");
  command = add_action(*group, context, flags, "view", "Show one", view);
  command->add_option("version-id", flags->version, "Its id")->required();
  add_name_flag(*command, flags->name);
  command->add_flag("--json", flags->json, "As the API has it");
  command = add_action(*group, context, flags, "deploy", "Give traffic to one or more", deploy);
  command->add_option("version-specs", flags->specs, "VERSION_ID@PERCENTAGE% each");
  add_name_flag(*command, flags->name);
  command->add_option("--message", flags->message, "What the deployment is about");
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
  command->add_flag("--dry-run", flags->dry_run, "Do all but deploy");
  add_versions_secret_commands(*group, context);
}

}  // namespace cwrangler::cli
