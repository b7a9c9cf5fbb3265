// `cwrangler sync`: the project's packages into python_modules/.

#include "cli/packages/sync.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command/package_options.h"
#include "cli/packages/editor_settings.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  PackageOptions packages;
  bool force = false;
  bool editor = false;
};

void set_up_editor(const SyncRequest& request, bool json, Terminal& terminal) {
  const EditorSettings settings = write_editor_settings(request.project);
  if (json) return;
  for (const std::string& file : settings.written) terminal.print("Wrote " + file);
  for (const std::string& advice : settings.kept) terminal.print(advice);
}

int sync(const Flags& flags, const CommandContext& context) {
  SyncRequest request = sync_request(flags.packages, package_project(flags.packages, context));
  request.force = flags.force;
  print_report(sync_packages(request, context.terminal), request, flags.packages.json,
               context.terminal);
  if (flags.editor) set_up_editor(request, flags.packages.json, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_sync_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("sync", "Install the project's packages in python_modules");
  command->add_flag("-f,--force", flags->force, "Install although nothing has changed");
  command->add_flag("--editor", flags->editor,
                    "Write settings with which pyright and mypy find the packages");
  add_package_options(*command, flags->packages);
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return sync(*flags, context); }; });
}

}  // namespace cwrangler::cli
