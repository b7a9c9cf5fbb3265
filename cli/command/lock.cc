// `cwrangler lock`: exact versions of the project's packages into pylock.toml, nothing installed.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command/package_options.h"

namespace cwrangler::cli {
namespace {

int lock(const PackageOptions& options, const CommandContext& context) {
  SyncRequest request = sync_request(options, package_project(options, context));
  request.lock_only = true;
  print_report(sync_packages(request, context.terminal), request, options.json, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_lock_command(CLI::App& program, CommandContext& context) {
  auto options = std::make_shared<PackageOptions>();
  CLI::App* command =
      program.add_subcommand("lock", "Resolve the project's packages into pylock.toml");
  add_package_options(*command, *options);
  command->callback([options, &context] {
    context.run = [options, &context] { return lock(*options, context); };
  });
}

}  // namespace cwrangler::cli
