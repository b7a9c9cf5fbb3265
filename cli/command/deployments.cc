// `cwrangler deployments list|status` and `cwrangler rollback`: which versions had the traffic, and
// giving it back to an earlier one.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command/action.h"
#include "cli/command/worker_target.h"
#include "cli/deploy/versions.h"
#include "cli/terminal/prompt.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string name;
  std::string version;
  std::string message;
  bool yes = false;
  bool json = false;
};

std::string dumped(const ApiJson& json) {
  return json.dump(2, ' ', false, ApiJson::error_handler_t::replace);
}

std::vector<ApiJson> deployments_of(WorkerTarget& target, const WorkerVersions& versions) {
  std::vector<ApiJson> deployments = versions.deployments();
  if (deployments.empty()) {
    throw Error("The Worker " + target.name() + " has no deployments")
        .hint("`cwrangler deploy` makes one.");
  }
  return deployments;
}

void print_lines(const std::vector<std::string>& lines, Terminal& terminal) {
  for (const std::string& line : lines) terminal.print(line);
  terminal.print("");
}

int list(const Flags& flags, const CommandContext& context) {
  constexpr size_t kShown = 10;
  WorkerTarget target(flags.name, context);
  WorkerVersions versions(target.account(), target.name());
  std::vector<ApiJson> deployments = deployments_of(target, versions);
  if (deployments.size() > kShown) deployments.resize(kShown);
  if (flags.json) {
    context.terminal.print(dumped(ApiJson(deployments)));
    return static_cast<int>(ExitCode::ok);
  }
  for (const ApiJson& deployment : deployments) {
    print_lines(deployment_lines(deployment, versions), context.terminal);
  }
  return static_cast<int>(ExitCode::ok);
}

int status(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  WorkerVersions versions(target.account(), target.name());
  const ApiJson current = deployments_of(target, versions).front();
  if (flags.json) {
    context.terminal.print(dumped(current));
  } else {
    print_lines(deployment_lines(current, versions), context.terminal);
  }
  return static_cast<int>(ExitCode::ok);
}

/// The latest deployment before the current one in which one other version had all traffic.
std::string previous_version(const std::vector<ApiJson>& deployments) {
  std::string current;
  const auto now = shares_of(deployments.front());
  if (now.size() == 1) current = now.front().version_id;
  for (size_t i = 1; i < deployments.size(); ++i) {
    const auto shares = shares_of(deployments[i]);
    if (shares.size() == 1 && shares.front().version_id != current) {
      return shares.front().version_id;
    }
  }
  throw Error("There is no earlier version to go back to")
      .hint("`cwrangler deployments list` lists what was deployed.");
}

int rollback(const Flags& flags, const CommandContext& context) {
  Terminal& terminal = context.terminal;
  WorkerTarget target(flags.name, context);
  WorkerVersions versions(target.account(), target.name());
  const std::vector<ApiJson> deployments = deployments_of(target, versions);
  terminal.print("Your current deployment:");
  print_lines(deployment_lines(deployments.front(), versions), terminal);
  const VersionShare wanted{flags.version.empty() ? previous_version(deployments) : flags.version,
                            100};
  terminal.print("You are about to roll back to:");
  print_lines(share_lines(wanted, versions), terminal);
  terminal.print_warning(
      "It will immediately replace the current deployment.\nRolling back does not change bound "
      "resources (Durable Objects, D1, R2, KV, etc).");
  if (!flags.yes && !confirm(terminal,
                             "Are you sure you want to deploy this Worker Version to 100% of "
                             "traffic?")) {
    return static_cast<int>(ExitCode::ok);
  }
  versions.deploy({wanted}, flags.message);
  terminal.print(
      "Worker Version " + wanted.version_id +
      " has been deployed to 100% of traffic.\n\nCurrent Version ID: " + wanted.version_id);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_deployments_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = program.add_subcommand("deployments", "Which versions had the traffic");
  group->require_subcommand(1);
  for (CLI::App* command :
       {add_action(*group, context, flags, "list", "The ten latest deployments", list),
        add_action(*group, context, flags, "status", "The current deployment", status)}) {
    add_name_flag(*command, flags->name);
    command->add_flag("--json", flags->json, "As the API has it");
  }
}

void add_rollback_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = add_action(program, context, flags, "rollback",
                                 "Give all traffic back to an earlier version", rollback);
  command->add_option("version-id", flags->version, "Its id; without: the one before");
  add_name_flag(*command, flags->name);
  command->add_option("--message", flags->message, "Why");
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
}

}  // namespace cwrangler::cli
