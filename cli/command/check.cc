// `cwrangler check`: everything that can be known to be wrong before a deployment.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "cli/check/project_check.h"
#include "cli/command/commands.h"
#include "cli/packages/package_tree.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string format = "line";
  std::string python;
  bool json = false;
  bool strict = false;
  bool no_start = false;
};

std::string counted(size_t count, const char* word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

void print_summary(const CheckReport& report, Terminal& terminal) {
  if (report.size) {
    terminal.print(counted(report.modules, "module") + ", " + shown_size(report.size->bytes) +
                   ", compressed " + shown_size(report.size->compressed) + " of " +
                   shown_size(kPlanLimits[0].compressed) + " (" + kPlanLimits[0].plan + ")");
  }
  if (report.startup) {
    terminal.print("Python " + report.python_version + ", started in " +
                   std::to_string(report.startup->count()) + " ms");
  }
  const size_t errors = report.count(Severity::error);
  const size_t warnings = report.count(Severity::warning);
  terminal.print(errors + warnings == 0
                     ? "No problems found"
                     : counted(errors, "error") + ", " + counted(warnings, "warning"));
}

nlohmann::ordered_json report_json(const CheckReport& report, bool ok,
                                   const std::filesystem::path& directory) {
  nlohmann::ordered_json json{{"ok", ok}, {"problems", nlohmann::ordered_json::array()}};
  for (const Problem& problem : report.problems) {
    json["problems"].push_back(problem_json(problem, directory));
  }
  if (!report.python_version.empty()) json["python"] = report.python_version;
  if (report.size) {
    json["size"] = {{"modules", report.modules},
                    {"bytes", report.size->bytes},
                    {"compressed", report.size->compressed}};
    for (const PlanLimit& limit : kPlanLimits) {
      json["limits"].push_back({{"plan", limit.plan}, {"compressed", limit.compressed}});
    }
  }
  if (report.startup) json["startup_ms"] = report.startup->count();
  return json;
}

int check(const Flags& flags, const CommandContext& context) {
  CheckRequest request;
  request.project.config = {context.options.directory, context.options.config_file,
                            context.options.environment};
  request.project.python_version = flags.python;
  request.project.clock = context.clock;
  request.runtime = sibling_program("cwrangler-runtime");
  request.start = !flags.no_start;
  const CheckReport report = check_project(request);

  const bool ok =
      report.count(Severity::error) == 0 && (!flags.strict || report.count(Severity::warning) == 0);
  const std::filesystem::path& directory = context.options.directory;
  Terminal& terminal = context.terminal;
  if (flags.json || flags.format == "json") {
    terminal.print(report_json(report, ok, directory)
                       .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    for (const Problem& problem : report.problems) {
      terminal.print(flags.format == "github" ? problem_annotation(problem, directory)
                                              : problem_line(problem, directory));
    }
    print_summary(report, terminal);
  }
  return static_cast<int>(ok ? ExitCode::ok : ExitCode::failed);
}

}  // namespace

void add_check_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("check", "Find what is wrong with the project before it is deployed");
  command
      ->add_option("--format", flags->format,
                   "line (file:line:column: error: message), github (annotations) or json")
      ->check(CLI::IsMember({"line", "github", "json"}))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "The same as --format json");
  command->add_flag("--strict", flags->strict, "Fail on warnings too");
  command->add_flag("--no-start", flags->no_start, "Do not run the Worker's top level");
  command->add_option("--python", flags->python,
                      "Python version instead of the configuration's: 3.12, 3.13 or 3.14");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return check(*flags, context); }; });
}

}  // namespace cwrangler::cli
