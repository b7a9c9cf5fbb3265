// `cwrangler delete`: a Worker out of the account.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/worker_target.h"
#include "cli/deploy/deployment.h"
#include "cli/terminal/prompt.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string script;
  std::string name;
  bool force = false;
  bool dry_run = false;
};

/// Who uses the Worker, a line for each.
std::string uses_of(const Account& account, const std::string& worker) {
  const ApiJson references = account.get(worker_path(worker, "/references"));
  std::string uses;
  const auto add = [&uses](const ApiJson& list, const char* key, const char* what) {
    for (const ApiJson& item : list) {
      uses += "\n- the Worker " + string_at(item, key) + what;
    }
  };
  add(array_at(object_at(references, "services"), "incoming"), "service",
      " has a service binding to it");
  add(array_at(references, "durable_objects"), "service", " uses its Durable Objects");
  add(array_at(references, "dispatch_outbounds"), "namespace", " sends its requests through it");
  const ApiJson producers = account.get("/workers/tails/by-consumer/" + percent_encoded(worker));
  if (producers.is_array()) add(producers, "producer", " sends it its logs");
  return uses;
}

int remove(const Flags& flags, const CommandContext& context) {
  Terminal& terminal = context.terminal;
  WorkerTarget target(flags.name.empty() ? flags.script : flags.name, context);
  if (flags.dry_run) {
    terminal.print("--dry-run: exiting now.");
    return static_cast<int>(ExitCode::ok);
  }
  bool force = flags.force;
  if (!force) {
    if (!confirm(terminal, "Are you sure you want to delete " + target.name() +
                               "? This action cannot be undone.")) {
      return static_cast<int>(ExitCode::ok);
    }
    const std::string uses = uses_of(target.account(), target.name());
    if (!uses.empty()) {
      const std::string warning = printable(target.name() + " is currently in use:" + uses);
      // Nobody has said that others may break.
      if (!can_ask()) {
        throw Error(warning).hint("--force deletes it all the same.");
      }
      terminal.print_warning(warning + "\nThey will not work any more.");
      if (!confirm(terminal, "Are you sure you want to continue?")) {
        return static_cast<int>(ExitCode::ok);
      }
      force = true;
    }
  }
  target.account().remove("/workers/services/" + percent_encoded(target.name()),
                          {{"force", force ? "true" : "false"}});
  terminal.print("Successfully deleted " + target.name());
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_delete_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      add_action(program, context, flags, "delete", "Delete the Worker from the account", remove);
  command->add_option("worker", flags->script, "Its name, in place of the configuration's");
  add_name_flag(*command, flags->name);
  command->add_flag("--force", flags->force, "Do not ask, even when others use it");
  command->add_flag("--dry-run", flags->dry_run, "Do all but delete");
}

}  // namespace cwrangler::cli
