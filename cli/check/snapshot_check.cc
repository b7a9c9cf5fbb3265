#include "cli/check/snapshot_check.h"

#include <algorithm>

#include "base/error.h"
#include "cli/check/startup_check.h"
#include "cli/dev/dev_project.h"
#include "cli/dev/log_lines.h"
#include "cli/process/snapshot_run.h"

namespace cwrangler::cli {
namespace {

using nlohmann::json;

/// The file on this host that the Worker knows by `name`; the entry point where there is none.
std::string path_of(const std::string& name, const Project& project) {
  const auto found = std::ranges::find(project.modules, name, &Module::name);
  return found == project.modules.end() ? project.config.main.value.string() : found->path;
}

Problem problem_of_obstacle(const json& obstacle, const Project& project) {
  Problem problem;
  problem.check = "snapshot";
  // Production's words, for those who search for them.
  const std::string name = text_field(obstacle, "name");
  if (!name.empty()) problem.message = "Can't serialize top-level variable `" + name + "`: ";
  problem.message += text_field(obstacle, "message");
  problem.at = {path_of(text_field(obstacle, "file"), project), obstacle.value("line", 0), 0};
  return problem;
}

std::vector<std::string> texts(const json& report, const char* field) {
  return report.value(field, std::vector<std::string>());
}

SnapshotReport read_report(const json& report, const Project& project) {
  constexpr std::string_view kModules = "/session/metadata/";
  SnapshotReport result;
  result.python = text_field(report, "python");
  result.layer = text_field(report, "layer");
  result.milliseconds = report.value("ms", 0.0);
  if (report.contains("restore_ms")) result.restore_ms = report.at("restore_ms").get<double>();
  result.bytes = report.value("bytes", std::uint64_t{0});
  result.pages = report.value("pages", std::uint64_t{0});
  result.memory = report.value("memory", std::uint64_t{0});
  result.packages = texts(report, "packages");
  for (std::string library : texts(report, "libraries")) {
    if (library.starts_with(kModules)) library.erase(0, kModules.size());
    result.libraries.push_back(std::move(library));
  }
  if (report.contains("file")) result.file = text_field(report, "file");
  if (report.contains("failure")) {
    result.problems.push_back(startup_failure(report.at("failure"), project));
  }
  for (const json& obstacle : report.value("obstacles", json::array())) {
    result.problems.push_back(problem_of_obstacle(obstacle, project));
  }
  if (result.problems.empty() && result.bytes == 0) {
    throw Error("the runtime did not say what became of it").while_doing("making a snapshot");
  }
  return result;
}

}  // namespace

SnapshotReport make_snapshot(const Project& project, const std::filesystem::path& runtime,
                             bool keep) {
  const WorkerConfig worker = dev_project(project, {}).worker;
  json report = run_snapshot(runtime, worker, keep);
  // Only a run that keeps nothing may look closely.
  const bool prevented = !report.contains("failure") && !report.contains("bytes");
  if (keep && prevented) {
    const json closely = run_snapshot(runtime, worker, /*keep=*/false);
    if (!closely.contains("bytes")) report = closely;
  }
  return read_report(report, project);
}

}  // namespace cwrangler::cli
