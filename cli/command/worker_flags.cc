#include "cli/command/worker_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "base/error.h"
#include "cli/command/program.h"
#include "cli/config/text_format.h"
#include "cli/config/utc_time.h"

namespace cwrangler::cli {
namespace {

constexpr std::array kValueFlags{"--define", "--alias", "--jsx-factory", "--jsx-fragment",
                                 "--tsconfig"};

void check_format(TextFormat format, const char* flag, const std::string& value) {
  if (value.empty()) return;
  const std::string problem = format_problem(format, flag, value);
  if (!problem.empty()) throw Error(problem).exit_with(ExitCode::usage);
}

}  // namespace

void add_worker_flags(CLI::App& command, WorkerFlags& flags, const std::string& positional) {
  command.add_option(positional, flags.script, "Entry point, in place of the configuration's");
  command.add_option("--name", flags.name, "Name of the Worker");
  command.add_option("--compatibility-date", flags.compatibility_date, "YYYY-MM-DD");
  command
      .add_option("--compatibility-flags,--compatibility-flag", flags.compatibility_flags,
                  "Flags in place of the configuration's; repeatable")
      ->allow_extra_args(false);
  command.add_flag("--latest", flags.latest, "Today's compatibility date");
  command.add_option("--assets", flags.assets, "Folder of static assets");
  command
      .add_option("--routes,--route", flags.routes,
                  "Routes in place of the configuration's; repeatable")
      ->allow_extra_args(false);
}

ConfigOverrides config_overrides(const WorkerFlags& flags, const CommandContext& context) {
  check_format(TextFormat::worker_name, "--name", flags.name);
  check_format(TextFormat::date, "--compatibility-date", flags.compatibility_date);
  const auto path = [&context](const std::string& given) {
    return given.empty() ? std::filesystem::path()
                         : (context.options.directory / given).lexically_normal();
  };
  ConfigOverrides overrides;
  overrides.main = path(flags.script);
  overrides.assets = path(flags.assets);
  overrides.name = flags.name;
  overrides.compatibility_date =
      flags.latest ? utc_date(context.clock()) : flags.compatibility_date;
  overrides.compatibility_flags = flags.compatibility_flags;
  overrides.routes = flags.routes;
  return overrides;
}

void add_bundler_flags(CLI::App& command, BundlerFlags& flags) {
  for (const char* name : kValueFlags) {
    command.add_option(name, flags.values)->allow_extra_args(false)->group(kUnlisted);
  }
  command.add_flag("--minify", flags.minify)->group(kUnlisted);
  command.add_flag("--upload-source-maps", flags.source_maps)->group(kUnlisted);
  command.add_flag("--no-bundle", flags.no_bundle)->group(kUnlisted);
}

void warn_of_bundler_flags(const CLI::App& command, const BundlerFlags& flags, Terminal& terminal) {
  std::vector<std::string> given;
  for (const char* name : kValueFlags) {
    if (command.count(name) > 0) given.emplace_back(name);
  }
  if (flags.minify) given.emplace_back("--minify");
  if (flags.source_maps) given.emplace_back("--upload-source-maps");
  if (!flags.no_bundle) given.emplace_back("--no-bundle=false");
  if (given.empty()) return;
  std::string list;
  for (const std::string& flag : given) list += (list.empty() ? "" : ", ") + flag;
  terminal.print_warning("Python Workers are not bundled: without effect is " + list + ".");
}

}  // namespace cwrangler::cli
