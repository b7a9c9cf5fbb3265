#include "cli/packages/uv.h"

#include <unistd.h>

#include <algorithm>
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

Uv::Uv(fs::path program, Trace trace, std::function<void()> tick)
    : program_(std::move(program)), trace_(std::move(trace)), tick_(std::move(tick)) {}

Uv Uv::find(Trace trace, std::function<void()> tick) {
  std::vector<fs::path> candidates;
  if (const char* chosen = std::getenv("CWRANGLER_UV"); chosen != nullptr && *chosen != '\0') {
    if (::access(chosen, X_OK) != 0) {
      throw Error("CWRANGLER_UV names no program that can be run: " + std::string(chosen))
          .hint("Set it to the path of uv, or unset it to have uv looked for on PATH.");
    }
    candidates = {chosen};
  } else {
    candidates = {find_on_path("uv"), sibling_program("uv")};
  }
  std::string found;
  for (const fs::path& candidate : candidates) {
    if (candidate.empty()) continue;
    Uv uv(candidate, trace, tick);
    const std::string version = uv_version(uv.run({"--version"}, {}).out);
    if (at_least_version(version, kOldestUv)) return uv;
    found += (found.empty() ? "" : ", ") + candidate.string() + " is " +
             (version.empty() ? "not uv" : "uv " + version);
  }
  const std::string least = "uv " + std::string(kOldestUv) + " or newer";
  if (!found.empty()) {
    throw Error(least + " is needed to install the project's packages: " + found)
        .hint("Update it with `uv self update`, or with `pipx upgrade uv` (`pip install -U uv`).");
  }
  throw Error(least + " is needed to install the project's packages, and it is not on PATH")
      .hint("Install it with `pipx install uv` (or `pip install uv`), then try again.");
}

CapturedRun Uv::run(std::vector<std::string> arguments, const fs::path& directory,
                    const Environment& environment) const {
  ChildOptions options;
  options.arguments = {program_.string()};
  if (arguments.front() != "--version") {
    options.arguments.insert(options.arguments.end(), {"--color", "never", "--no-progress"});
  }
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.directory = directory;
  options.environment = {{"UV_PYTHON_DOWNLOADS", "never"}};
  for (const char* name :
       {"VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT",
        "UV_COMPILE_BYTECODE", "PYTHONHOME", "PYTHONPATH"}) {
    options.environment[name] = std::nullopt;
  }
  // uv's three attempts take ten seconds without a network; one repetition bridges a hiccup.
  if (std::getenv("UV_HTTP_RETRIES") == nullptr) options.environment["UV_HTTP_RETRIES"] = "1";
  // Seconds: a server that is there answers a connection in a fraction of one.
  if (std::getenv("UV_HTTP_CONNECT_TIMEOUT") == nullptr) {
    options.environment["UV_HTTP_CONNECT_TIMEOUT"] = "4";
  }
  for (const auto& [name, value] : environment) options.environment[name] = value;

  if (trace_) {
    std::string line = "$";
    for (const std::string& argument : options.arguments) line += " " + argument;
    trace_(line);
  }
  CapturedRun run = run_captured(std::move(options), tick_);
  if (trace_) {
    trace_(run.err + (run.status.success() ? "" : "uv ended with " + run.status.to_string()));
  }
  return run;
}

std::string uv_version(std::string_view output) {
  constexpr std::string_view kName = "uv ";
  if (!output.starts_with(kName)) return {};
  output.remove_prefix(kName.size());
  return std::string(output.substr(0, output.find_first_not_of("0123456789.")));
}

bool at_least_version(std::string_view version, std::string_view least) {
  auto next = [](std::string_view& rest) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    const std::string part(rest.substr(0, dot));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
    return std::strtoul(part.c_str(), nullptr, 10);
  };
  if (version.empty()) return false;
  while (!least.empty() || !version.empty()) {
    const auto have = next(version);
    const auto want = next(least);
    if (have != want) return have > want;
  }
  return true;
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
