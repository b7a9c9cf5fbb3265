// `cwrangler remove PKG…`: packages out of the project's list of dependencies, and out of
// python_modules with what only they needed.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command/package_options.h"
#include "cli/packages/edit_dependencies.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  PackageOptions packages;
  std::vector<std::string> names;
};

int remove(const Flags& flags, const CommandContext& context) {
  const SyncRequest request =
      sync_request(flags.packages, package_project(flags.packages, context));
  const Dependencies dependencies = read_dependencies(request.project);
  EditedFile file(dependencies_file(request.project, dependencies));
  remove_dependencies(Uv::find({}), file.path(), dependencies, request.python_version, flags.names);
  const SyncReport report = sync_packages(request, context.terminal);
  file.keep();
  for (const std::string& name : flags.names) {
    if (flags.packages.json) break;
    context.terminal.print("Removed " + name + " from " + file.path().filename().string());
  }
  print_report(report, request, flags.packages.json, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_remove_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("remove", "Remove packages from the project");
  command->add_option("packages", flags->names, "Their names")->required();
  add_package_options(*command, flags->packages);
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return remove(*flags, context); }; });
}

}  // namespace cwrangler::cli
