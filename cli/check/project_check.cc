#include "cli/check/project_check.h"

#include <algorithm>

#include "base/files.h"
#include "cli/check/package_check.h"
#include "cli/check/size_check.h"
#include "cli/check/source_check.h"

namespace cwrangler::cli {
namespace {

/// The longest that a start may take before it is given up.
constexpr std::chrono::milliseconds kPatience{60000};

void add(std::vector<Problem>& problems, std::vector<Problem> more) {
  std::move(more.begin(), more.end(), std::back_inserter(problems));
}

/// The configuration file's own findings. False: there is nothing to go on with.
bool check_config(const CheckRequest& request, CheckReport& report) {
  const std::filesystem::path path = locate_config_file(request.project.config);
  report.directory = path.parent_path();
  const ConfigReport found =
      inspect_config(path, read_file(path), request.project.config.environment);
  for (const auto& error : found.diagnostics.all_errors()) {
    report.problems.push_back({Severity::error, "config", error.message, error.at, {}});
  }
  for (const auto& warning : found.diagnostics.all_warnings()) {
    report.problems.push_back({Severity::warning, "config", warning.message, warning.at, {}});
  }
  return found.config.has_value();
}

/// Entry point, flags, modules and secrets.
std::optional<Project> check_parts(const CheckRequest& request, CheckReport& report) {
  Project project = load_project(request.project);
  report.python_version = project.python_version;
  report.modules = project.modules.size();
  const SourcePosition config{project.config.path.string(), 0, 0};
  for (const std::string& warning : project.warnings) {
    const auto& known = project.config.warnings;
    if (std::find(known.begin(), known.end(), warning) != known.end()) continue;
    report.problems.push_back({Severity::warning, "project", warning, config, {}});
  }
  return project;
}

void check_code(const CheckRequest& request, const Project& project, CheckReport& report) {
  add(report.problems, check_packages(project));
  add(report.problems, check_sources(project));
  report.size = upload_size(project);
  add(report.problems, check_size(*report.size, project));
  // What cannot be compiled or imported need not be run to know that it fails.
  if (!request.start || report.count(Severity::error) > 0) return;
  StartupReport startup = check_startup(project, request.runtime, kPatience);
  report.startup = startup.time;
  add(report.problems, std::move(startup.problems));
}

}  // namespace

size_t CheckReport::count(Severity severity) const {
  return static_cast<size_t>(
      std::count_if(problems.begin(), problems.end(),
                    [severity](const Problem& problem) { return problem.severity == severity; }));
}

CheckReport check_project(const CheckRequest& request) {
  CheckReport report;
  try {
    if (!check_config(request, report)) return report;
    if (const std::optional<Project> project = check_parts(request, report)) {
      check_code(request, *project, report);
    }
  } catch (const Error& error) {
    if (error.exit_code() == ExitCode::interrupted) throw;
    report.problems.push_back(
        problem_of(error, report.python_version.empty() ? "config" : "project"));
  }
  return report;
}

}  // namespace cwrangler::cli
