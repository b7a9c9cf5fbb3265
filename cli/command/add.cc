// `cwrangler add PKG…`: packages into the project's list of dependencies, and installed.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/command/package_options.h"
#include "cli/packages/edit_dependencies.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  PackageOptions packages;
  std::vector<std::string> requirements;
};

std::string locked_version(const SyncReport& report, const std::string& name) {
  const auto found =
      std::find_if(report.packages.begin(), report.packages.end(),
                   [&name](const LockedPackage& package) { return package.name == name; });
  return found == report.packages.end() ? "" : found->version;
}

int add(const Flags& flags, const CommandContext& context) {
  const Project project = package_project(flags.packages, context);
  const SyncRequest request = sync_request(flags.packages, project);
  EditedFile file(dependencies_file(request.project, read_dependencies(request.project)));
  add_dependencies(Uv::find({}), file.path(), project.config.name, request.python_version,
                   flags.requirements);
  SyncReport report;
  try {
    report = sync_packages(request, context.terminal);
  } catch (Error& error) {
    error.hint((error.advice().empty() ? "" : error.advice() + "\n") +
               file.path().filename().string() + " was left as it was, too.");
    throw;
  }
  file.keep();
  for (const std::string& requirement : flags.requirements) {
    if (flags.packages.json) break;
    const std::string name = requirement_name(requirement);
    context.terminal.print("Added " + name + " " + locked_version(report, name) + " to " +
                           file.path().filename().string());
  }
  print_report(report, request, flags.packages.json, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_add_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("add", "Add packages to the project");
  command
      ->add_option("packages", flags->requirements,
                   "Names, with versions if needed: httpx \"pydantic>=2,<3\"")
      ->required();
  add_package_options(*command, flags->packages);
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return add(*flags, context); }; });
}

}  // namespace cwrangler::cli
