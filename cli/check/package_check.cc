#include "cli/check/package_check.h"

#include "cli/packages/dependencies.h"
#include "cli/packages/installed.h"
#include "cli/packages/known_packages.h"
#include "cli/packages/sync.h"

namespace cwrangler::cli {
namespace {

/// Requirements that are known to have no wheel for Workers and are not installed.
void add_unsupported(const Dependencies& dependencies, const Project& project,
                     std::vector<Problem>& problems) {
  const InstalledPackages installed = read_installed(project.config.directory / "python_modules");
  const auto distribution = pyodide_distribution(project.python_version);
  const auto& alternatives = known_packages().alternatives;
  for (const Requirement& requirement : dependencies.requirements) {
    const auto alternative = alternatives.find(requirement.name);
    if (alternative == alternatives.end() || installed.contains(requirement.name) ||
        distribution.contains(requirement.name)) {
      continue;
    }
    problems.push_back({Severity::warning, "package",
                        requirement.name + " has no known wheel for the Python " +
                            project.python_version + " of Workers",
                        requirement.position, "Instead: " + alternative->second + "."});
  }
}

}  // namespace

std::vector<Problem> check_packages(const Project& project) {
  std::vector<Problem> problems;
  try {
    const Dependencies dependencies = read_dependencies(project.config.directory);
    add_unsupported(dependencies, project, problems);
    SyncRequest sync;
    sync.project = project.config.directory;
    sync.python_version = project.python_version;
    if (sync_needed(sync)) {
      const std::string source = dependencies.empty() ? std::string("the project")
                                                      : dependencies.source.filename().string();
      problems.push_back({Severity::warning,
                          "package",
                          "python_modules does not hold what " + source + " asks for",
                          {dependencies.source.string(), 0, 0},
                          "`cwrangler sync` installs it."});
    }
  } catch (const Error& error) {
    problems.push_back(problem_of(error, "package"));
  }
  return problems;
}

}  // namespace cwrangler::cli
