// cwrangler-make-memory-snapshot LAYER PYTHON FOLDER: starts Python ("3.12", "3.13", "3.14") as far
// as the layer goes ("base", "interpreter") and saves the snapshot that becomes part of the install
// tree. A build tool; it is not installed.

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/logging.h"
#include "runtime/bindings/binding_ops.h"
#include "runtime/builtins.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/values.h"
#include "runtime/python/cpu_signal.h"
#include "runtime/python/host_file_ops.h"
#include "runtime/snapshot/snapshot_store.h"
#include "runtime/web/web_ops.h"

namespace {

using namespace cwrangler;

void print_line(std::string_view, std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

void make(const std::string& layer, const std::string& python, const std::string& folder) {
  engine::Platform platform(engine::Platform::Options{});
  const engine::StartupSnapshot& startup = builtin_snapshot();
  engine::Isolate isolate(platform, startup);
  web::install_web(isolate, print_line);
  bindings::install_bindings(isolate);
  isolate.set_state<python::HostAccess>();
  isolate.set_state<std::shared_ptr<python::CpuSignal>>(std::make_shared<python::CpuSignal>());
  isolate
      .set_state<snapshot::SnapshotStore>(
          snapshot::SnapshotStore::for_install_tree(folder, snapshot::build_name(startup.blob)))
      .set_base(python);
  isolate.on_uncaught([&](v8::Local<v8::Value> error, engine::Isolate::UncaughtKind kind) {
    print_line("error", web::describe_uncaught(isolate, error, kind));
    ::_exit(1);
  });
  {
    engine::ScriptScope scope(isolate);
    const v8::Local<v8::Value> made =
        scope
            .call_hook(layer == "base" ? "makeBaseSnapshot" : "makeInterpreterSnapshot",
                       engine::to_string(scope.v8(), python))
            .ToLocalChecked();
    const auto stop = [](const v8::FunctionCallbackInfo<v8::Value>& call) {
      engine::Isolate::from(call).stop();
    };
    made.As<v8::Promise>()
        ->Then(scope.context(), v8::Function::New(scope.context(), stop).ToLocalChecked())
        .ToLocalChecked();
  }
  isolate.run();
  const std::filesystem::path file = std::filesystem::path(folder) / (python + "." + layer);
  if (!std::filesystem::exists(file)) {
    throw Error("there is no snapshot " + file.string()).hint("CWRANGLER_LOG=debug says why.");
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 4) {
    std::fprintf(stderr, "usage: %s base|interpreter PYTHON FOLDER\n", arguments[0]);
    return 2;
  }
  try {
    start_logging("cwrangler-make-memory-snapshot");
    make(arguments[1], arguments[2], arguments[3]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
