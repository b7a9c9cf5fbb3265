#include "cli/check/source_check.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "cli/packages/dependencies.h"
#include "cli/packages/known_packages.h"
#include "cli/packages/temporary_file.h"
#include "cli/packages/uv.h"
#include "cli/process/child_process.h"
#include "cli/terminal/suggestion.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kVendored = "python_modules/";

/// "package/module.py" and "module.py" are imported by their first part.
std::string top_level_name(std::string_view module) {
  const std::string first(module.substr(0, module.find('/')));
  return fs::path(first).stem().string();
}

struct Sources {
  json files = json::array();
  std::set<std::string> own;
  std::set<std::string> all;
};

Sources sources_of(const Project& project) {
  Sources sources;
  for (const Module& module : project.modules) {
    const bool vendored = module.name.starts_with(kVendored);
    const std::string name = top_level_name(
        vendored ? std::string_view(module.name).substr(kVendored.size()) : module.name);
    sources.all.insert(name);
    if (vendored) continue;
    sources.own.insert(name);
    if (module.type == ModuleType::python) sources.files.push_back(module.path);
  }
  return sources;
}

/// A name of this process's own in the scratch folder of the project.
fs::path request_file(const Project& project) {
  const fs::path folder = project.config.directory / ".wrangler" / "tmp";
  fs::create_directories(folder);
  return folder / ("check-" + std::to_string(::getpid()) + ".json");
}

json ask(const Project& project, const Sources& sources) {
  const TemporaryFile request(request_file(project));
  write_file_atomically(request.path(),
                        json{{"files", sources.files}, {"modules", sources.all}}.dump());
  // As code, not as a file: for such a command line there is a snapshot to go on from. A string of
  // JSON is one of Python as well.
  const std::string program = json((share_directory() / "check" / "sources.py").string()).dump();
  const std::string argument = json(request.path().string()).dump();
  ChildOptions child;
  child.arguments = {worker_interpreter(project.python_version).string(), "-I", "-B", "-c",
                     "import runpy, sys; sys.argv[1:] = [" + argument + "]; runpy.run_path(" +
                         program + ", run_name='__main__')"};
  const CapturedRun run = run_captured(child);
  const json answer = json::parse(run.out, nullptr, /*allow_exceptions=*/false);
  if (!run.status.success() || !answer.is_array()) {
    throw Error("The Worker's Python ended with " + run.status.to_string() + ":\n" + run.err)
        .while_doing("looking at the sources");
  }
  return answer;
}

/// What to do about a module that is not there.
std::string advice(const std::string& module, const Project& project, const Sources& sources) {
  const std::string package = normalized_package_name(module);
  try {
    const Dependencies dependencies = read_dependencies(project.config.directory);
    if (dependencies.position_of(package).line > 0) {
      return dependencies.source.filename().string() +
             " asks for it: `cwrangler sync` installs it.";
    }
  } catch (const Error&) {
    // The packages' own check tells of that file.
  }
  const std::string nearest =
      nearest_word(module, std::vector<std::string>(sources.all.begin(), sources.all.end()));
  if (!nearest.empty()) return "Did you mean \"" + nearest + "\"?";
  const auto& alternatives = known_packages().alternatives;
  if (const auto found = alternatives.find(package); found != alternatives.end()) {
    return "There may be no " + module + " for Workers. Instead: " + found->second + ".";
  }
  return "`cwrangler add " + package + "` adds a package of this name to the project.";
}

}  // namespace

std::vector<Problem> check_sources(const Project& project) {
  const Sources sources = sources_of(project);
  std::vector<Problem> problems;
  for (const json& found : ask(project, sources)) {
    Problem problem;
    problem.severity =
        found.value("severity", "error") == "error" ? Severity::error : Severity::warning;
    problem.message = found.value("message", "");
    problem.at = {found.value("file", ""), found.value("line", 0), found.value("column", 0)};
    const std::string module = found.value("module", "");
    problem.check = module.empty() ? "syntax" : "import";
    if (problem.message.starts_with("No module named")) {
      problem.hint = advice(module, project, sources);
    }
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace cwrangler::cli
