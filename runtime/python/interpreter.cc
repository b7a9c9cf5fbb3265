#include "runtime/python/interpreter.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/values.h"
#include "runtime/python/host_file_ops.h"
#include "runtime/python/query_cache.h"
#include "runtime/python/release.h"
#include "runtime/snapshot/snapshot_store.h"
#include "runtime/web/web_ops.h"

namespace cwrangler::python {
namespace {

constexpr std::string_view kDefaultRelease = "3.14";
constexpr std::array<std::string_view, 3> kReleases{"3.12", "3.13", "3.14"};

struct CommandLine {
  std::string release{kDefaultRelease};
  std::span<const std::string> python;  ///< what Python itself gets
};

CommandLine read_command_line(std::span<const std::string> arguments) {
  CommandLine line{.python = arguments};
  if (arguments.empty() || arguments[0] != "--release") return line;
  if (arguments.size() < 2) {
    throw Error("--release needs a version")
        .hint("Choose 3.12, 3.13 or 3.14.")
        .exit_with(ExitCode::usage);
  }
  line.release = arguments[1];
  line.python = arguments.subspan(2);
  for (const std::string_view known : kReleases) {
    if (line.release == known) return line;
  }
  throw Error("there is no Python " + line.release)
      .hint("Choose 3.12, 3.13 or 3.14.")
      .exit_with(ExitCode::usage);
}

std::string executable() {
  if (const char* shim = std::getenv("CWRANGLER_PYTHON_EXECUTABLE")) return shim;
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

/// Such an environment's Python starts with other paths, and most live for one build: neither
/// answers nor snapshots are kept for them.
bool is_virtual_environment(const std::filesystem::path& executable) {
  std::error_code failed;
  return std::filesystem::exists(executable.parent_path().parent_path() / "pyvenv.cfg", failed);
}

void log_to_stderr(std::string_view, std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace

void answer_known_question(std::span<const std::string> arguments) {
  const CommandLine line = read_command_line(arguments);
  if (is_virtual_environment(executable())) return;
  if (const auto question = recognise_question(line.release, executable(), line.python)) {
    answer(*question);
  }
}

void run_python(engine::Platform& platform, const engine::StartupSnapshot& startup,
                const std::filesystem::path& snapshot_folder,
                std::span<const std::string> arguments) {
  const CommandLine line = read_command_line(arguments);
  platform.wasm_code().preload(release_module(line.release));
  engine::Isolate isolate(platform, startup);
  web::install_web(isolate, log_to_stderr);
  isolate.set_state<HostAccess>();
  if (!snapshot_folder.empty() && !is_virtual_environment(executable())) {
    isolate.set_state<snapshot::SnapshotStore>(snapshot_folder, snapshot::build_name(startup.blob))
        .set_base(line.release);
  }
  // Nothing of ours handles what goes wrong in the background: Python's own code is all there is.
  isolate.on_uncaught([&isolate](v8::Local<v8::Value> error, engine::Isolate::UncaughtKind kind) {
    log_to_stderr("error", web::describe_uncaught(isolate, error, kind));
  });
  {
    engine::ScriptScope scope(isolate);
    std::vector<v8::Local<v8::Value>> list;
    for (const std::string& argument : line.python) {
      list.push_back(engine::to_string(scope.v8(), argument));
    }
    scope.call_hook("runInterpreter", engine::to_string(scope.v8(), line.release),
                    engine::to_string(scope.v8(), executable()),
                    v8::Array::New(scope.v8(), list.data(), list.size()));
  }
  isolate.run();
  // hostExit ends the process from within; a loop that ends by itself means that Python never did.
  std::fputs("cwrangler-runtime python: the event loop ended before Python did\n", stderr);
  _exit(1);
}

}  // namespace cwrangler::python
