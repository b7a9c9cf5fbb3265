// `cwrangler snapshot`: makes the Worker's memory snapshot now, and says what is in it, or what in
// the Worker's code prevents it.

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "cli/check/snapshot_check.h"
#include "cli/command/commands.h"
#include "cli/packages/installed.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string python;
  bool check = false;
  bool json = false;
};

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : ", ") + word;
  return line.empty() ? "none" : line;
}

void print_report(const SnapshotReport& report, Terminal& terminal) {
  const auto rounded = [](double value) { return std::to_string(std::lround(value)); };
  terminal.print("Python " + report.python + ", " + report.layer + " layer");
  terminal.print("Packages:     " + joined(report.packages));
  terminal.print("Side modules: " + joined(report.libraries));
  terminal.print("Size:         " + shown_size(report.bytes) + " (" + std::to_string(report.pages) +
                 " pages) of " + shown_size(report.memory) + " of memory");
  terminal.print("Made in " + rounded(report.milliseconds) + " ms" +
                 (report.restore_ms ? "; starts from it in " + rounded(*report.restore_ms) + " ms"
                                    : ", not kept"));
  if (report.file) terminal.print(report.file->string());
}

nlohmann::ordered_json report_json(const SnapshotReport& report,
                                   const std::filesystem::path& directory) {
  nlohmann::ordered_json json{{"ok", report.problems.empty()},
                              {"python", report.python},
                              {"layer", report.layer},
                              {"ms", report.milliseconds}};
  if (report.problems.empty()) {
    json["size"] = {{"bytes", report.bytes}, {"pages", report.pages}, {"memory", report.memory}};
    json["packages"] = report.packages;
    json["side_modules"] = report.libraries;
    if (report.restore_ms) json["restore_ms"] = *report.restore_ms;
    if (report.file) json["file"] = report.file->string();
  }
  json["problems"] = nlohmann::ordered_json::array();
  for (const Problem& problem : report.problems) {
    json["problems"].push_back(problem_json(problem, directory));
  }
  return json;
}

int snapshot(const Flags& flags, const CommandContext& context) {
  ProjectOptions options;
  options.config = {context.options.directory, context.options.config_file,
                    context.options.environment};
  options.python_version = flags.python;
  options.clock = context.clock;
  const std::filesystem::path runtime = sibling_program("cwrangler-runtime");
  if (runtime.empty()) {
    throw Error("the program cwrangler-runtime is not beside cwrangler")
        .hint("Reinstall cwrangler.");
  }
  const SnapshotReport report = make_snapshot(load_project(options), runtime, !flags.check);
  const std::filesystem::path& directory = context.options.directory;
  if (flags.json) {
    context.terminal.print(report_json(report, directory)
                               .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (report.problems.empty()) {
    print_report(report, context.terminal);
  } else {
    for (const Problem& problem : report.problems) {
      context.terminal.print(problem_line(problem, directory));
    }
  }
  return static_cast<int>(report.problems.empty() ? ExitCode::ok : ExitCode::failed);
}

}  // namespace

void add_snapshot_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "snapshot", "Make the Worker's memory snapshot now, or say what prevents one");
  command->add_flag("--check", flags->check, "Make it without keeping it; fail where none can be");
  command->add_flag("--json", flags->json, "As JSON on standard output");
  command->add_option("--python", flags->python,
                      "Python version instead of the configuration's: 3.12, 3.13 or 3.14");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return snapshot(*flags, context); }; });
}

}  // namespace cwrangler::cli
