#include "cli/project/uv.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/error.h"
#include "base/files.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

fs::path find_on_path(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  std::string folder;
  while (std::getline(folders, folder, ':')) {
    if (folder.empty()) continue;
    const fs::path candidate = fs::path(folder) / name;
    std::error_code failed;
    if (fs::is_regular_file(candidate, failed) && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

}  // namespace

Uv::Uv(fs::path program, Trace trace) : program_(std::move(program)), trace_(std::move(trace)) {}

Uv Uv::find(Trace trace) {
  if (const char* chosen = std::getenv("CWRANGLER_UV"); chosen != nullptr && *chosen != '\0') {
    if (::access(chosen, X_OK) != 0) {
      throw Error("CWRANGLER_UV names no program that can be run: " + std::string(chosen))
          .hint("Set it to the path of uv, or unset it to have uv looked for on PATH.");
    }
    return {chosen, std::move(trace)};
  }
  fs::path program = find_on_path("uv");
  if (program.empty()) program = sibling_program("uv");
  if (program.empty()) {
    throw Error("uv is needed to install the project's packages, and it is not on PATH")
        .hint("Install it with `pipx install uv` (or `pip install uv`), then try again.");
  }
  return {std::move(program), std::move(trace)};
}

CapturedRun Uv::run(std::vector<std::string> arguments, const fs::path& directory,
                    const std::map<std::string, std::optional<std::string>>& environment) const {
  ChildOptions options;
  options.arguments = {program_.string(), "--color", "never", "--no-progress"};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.directory = directory;
  options.environment = {{"UV_PYTHON_DOWNLOADS", "never"}};
  for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON", "UV_SYSTEM_PYTHON",
                           "UV_PROJECT_ENVIRONMENT", "PYTHONHOME", "PYTHONPATH"}) {
    options.environment[name] = std::nullopt;
  }
  // uv's three attempts take ten seconds without a network; one repetition bridges a hiccup.
  if (std::getenv("UV_HTTP_RETRIES") == nullptr) options.environment["UV_HTTP_RETRIES"] = "1";
  for (const auto& [name, value] : environment) options.environment[name] = value;

  if (trace_) {
    std::string line = "$";
    for (const std::string& argument : options.arguments) line += " " + argument;
    trace_(line);
  }
  CapturedRun run = run_captured(std::move(options));
  if (trace_) {
    trace_(run.err + (run.status.success() ? "" : "uv ended with " + run.status.to_string()));
  }
  return run;
}

fs::path worker_interpreter(std::string_view python_version) {
  const std::string version(python_version);
  const fs::path program = sibling_program("python/" + version + "/bin/python" + version);
  if (program.empty()) {
    throw Error("this install of cwrangler has no interpreter for Python " + version)
        .hint("Reinstall cwrangler, or choose another version with --python.");
  }
  return program;
}

}  // namespace cwrangler::cli
