// `cwrangler doctor`: what is installed, cached and reachable, what a project here says; and what
// to do.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "cli/command/commands.h"
#include "cli/packages/installed.h"
#include "cli/packages/temporary_file.h"
#include "cli/packages/uv.h"
#include "cli/packages/uv_failure.h"
#include "cli/process/child_process.h"
#include "cli/project/project.h"
#include "cli/version.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// Seconds without an answer, after which the package index counts as not reachable.
constexpr const char* kIndexPatience = "5";

struct Flags {
  bool json = false;
  bool offline = false;
};

struct Finding {
  std::string what;
  bool good = true;
  std::string state;
  std::string advice = {};  ///< what to do; for what is not good
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// What a program says to --version; an Error's text when it cannot be asked.
Finding program(const std::string& what, const std::string& path, const std::string& advice) {
  if (path.empty()) return {what, false, "not there", advice};
  try {
    ChildOptions child;
    child.arguments = {path, "--version"};
    const CapturedRun run = run_captured(child);
    if (run.status.success()) return {what, true, first_line(run.out) + " (" + path + ")"};
    return {what, false, path + " ended with " + run.status.to_string(), advice};
  } catch (const Error& error) {
    return {what, false, first_line(error.problem()), advice};
  }
}

Finding assets() {
  try {
    const fs::path share = share_directory();
    for (const char* part :
         {"pyodide", "sdk", "templates", "config-schema.json", "packages.toml"}) {
      if (!fs::exists(share / part)) {
        return {"built-in files", false, (share / part).string() + " is missing",
                "Reinstall cwrangler."};
      }
    }
    return {"built-in files", true, share.string()};
  } catch (const Error& error) {
    return {"built-in files", false, error.problem(), "Reinstall cwrangler."};
  }
}

Finding uv() {
  try {
    return {"uv", true, Uv::find({}, {}).program().string()};
  } catch (const Error& error) {
    return {"uv", false, first_line(error.problem()), error.advice()};
  }
}

/// Asks for the package that every Worker has, with the project's own settings of indexes. Nothing
/// is installed, and what is in uv's cache does not count.
Finding package_index(const CommandContext& context) {
  const std::string what = "package index";
  try {
    // uv makes it, though it installs nothing.
    const TemporaryFile target(fs::temp_directory_path() /
                               ("cwrangler-doctor-" + std::to_string(::getpid())));
    const CapturedRun run = Uv::find({}, {}).run(
        {"pip", "install", "--dry-run", "--no-deps", "--no-cache", "--python",
         worker_interpreter("3.14").string(), "--target", target.path().string(),
         "workers-runtime-sdk"},
        context.options.directory, {{"UV_HTTP_TIMEOUT", kIndexPatience}, {"UV_HTTP_RETRIES", "0"}});
    if (run.status.success()) return {what, true, "reachable"};
    const UvFailure failure = read_uv_failure(run.err);
    return {what, false,
            failure.kind == UvFailure::Kind::network ? "not reachable: " + failure.address
                                                     : first_line(failure.detail),
            "Only installing packages needs it. Look at the network, at HTTPS_PROXY and "
            "SSL_CERT_FILE, and at the index in uv's settings. `--offline` does not ask."};
  } catch (const Error& error) {
    return {what, false, "not asked: " + first_line(error.problem()), error.advice()};
  }
}

Finding cache() {
  const fs::path folder = cache_directory();
  if (folder.empty()) {
    return {"cache", false, "no folder: neither HOME nor XDG_CACHE_HOME is set",
            "Set CWRANGLER_CACHE_DIR to a folder of yours."};
  }
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  if (::access(folder.c_str(), W_OK) != 0) {
    return {"cache", false, folder.string() + " cannot be written",
            "Make it yours, or set CWRANGLER_CACHE_DIR to another folder."};
  }
  uintmax_t bytes = 0;
  for (auto entry = fs::recursive_directory_iterator(
           folder, fs::directory_options::skip_permission_denied, ignored);
       entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    if (ignored) break;
    if (entry->is_regular_file(ignored)) bytes += entry->file_size(ignored);
  }
  return {"cache", true, folder.string() + " (" + shown_size(bytes) + "; can be deleted)"};
}

Finding project(const CommandContext& context) {
  const ConfigRequest request{context.options.directory, context.options.config_file,
                              context.options.environment};
  if (request.config_file.empty() && find_config_file(request.directory).empty()) {
    return {"project", true, "none here"};
  }
  try {
    ProjectOptions options;
    options.config = request;
    options.clock = context.clock;
    const Project found = load_project(options);
    return {"project", true,
            found.config.path.string() + ", Python " + found.python_version + ", " +
                std::to_string(found.modules.size()) + " modules"};
  } catch (const Error& error) {
    return {"project", false, first_line(error.problem()), "`cwrangler check` says more."};
  }
}

int doctor(const Flags& flags, const CommandContext& context) {
  std::vector<Finding> findings{
      {"cwrangler", true, std::string(kVersion)},
      program("runtime", sibling_program("cwrangler-runtime").string(), "Reinstall cwrangler."),
      assets(),
      uv(),
      cache(),
      project(context)};
  if (!flags.offline) findings.push_back(package_index(context));
  bool good = true;
  for (const Finding& finding : findings) good = good && finding.good;
  Terminal& terminal = context.terminal;
  if (flags.json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Finding& finding : findings) {
      list.push_back({{"what", finding.what}, {"ok", finding.good}, {"state", finding.state}});
      if (!finding.advice.empty()) list.back()["advice"] = finding.advice;
    }
    terminal.print(nlohmann::ordered_json{{"ok", good}, {"findings", list}}.dump(2));
  } else {
    for (const Finding& finding : findings) {
      terminal.print((finding.good ? "✓ " : "✘ ") + finding.what + ": " + finding.state);
      if (!finding.advice.empty()) terminal.print("    " + finding.advice);
    }
  }
  return static_cast<int>(good ? ExitCode::ok : ExitCode::failed);
}

}  // namespace

void add_doctor_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "doctor", "Say what is installed, cached, reachable and missing, and what to do");
  command->add_flag("--json", flags->json, "As JSON on standard output");
  command->add_flag("--offline", flags->offline,
                    "Do not ask whether the package index is reachable");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return doctor(*flags, context); }; });
}

}  // namespace cwrangler::cli
