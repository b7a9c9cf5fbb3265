// wpt-shell SECONDS FOLDER SCRIPT...: runs scripts one after the other in one isolate with the web
// platform, for so long at most, and prints what the function `report` was given. `readFile(name)`
// gives a file's text, relative to FOLDER. A tool of tests/wpt/run.py.

#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "base/files.h"
#include "runtime/builtins.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"
#include "runtime/web/web_ops.h"

namespace {

namespace engine = cwrangler::engine;

void report(const v8::FunctionCallbackInfo<v8::Value>& call) {
  const std::string text = engine::to_utf8(call.GetIsolate(), call[0]);
  std::fwrite(text.data(), 1, text.size(), stdout);
  engine::Isolate::from(call).stop();
}

void read_file(engine::Call call) {
  const std::filesystem::path folder = engine::to_utf8(call.GetIsolate(), call.Data());
  call.GetReturnValue().Set(engine::to_string(
      call.GetIsolate(),
      cwrangler::read_file(folder / engine::to_utf8(call.GetIsolate(), call[0]))));
}

void run(engine::Isolate& isolate, const char* path) {
  engine::ScriptScope scope(isolate);
  v8::ScriptOrigin origin(scope.v8(), engine::to_string(scope.v8(), path));
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> value;
  const std::string source = cwrangler::read_file(path);
  if (!v8::Script::Compile(scope.context(), engine::to_string(scope.v8(), source), &origin)
           .ToLocal(&script) ||
      !script->Run(scope.context()).ToLocal(&value)) {
    throw std::runtime_error(engine::describe_error(scope.context(), scope.take_exception()));
  }
}

/// Lets the scripts report what they have so far.
void time_is_over(engine::Isolate& isolate) {
  engine::ScriptScope scope(isolate);
  const v8::Local<v8::Context> context = scope.context();
  const v8::Local<v8::Value> hook = engine::get(context, context->Global(), "timeIsOver");
  if (!hook->IsFunction()) return;
  std::ignore = hook.As<v8::Function>()->Call(context, context->Global(), 0, nullptr);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 4) {
    std::fprintf(stderr, "usage: %s SECONDS FOLDER SCRIPT...\n", arguments[0]);
    return 2;
  }
  try {
    engine::Platform platform{engine::Platform::Options{}};
    engine::Isolate isolate(platform, cwrangler::builtin_snapshot());
    cwrangler::web::install_web(isolate, [](std::string_view, std::string_view text) {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
    });
    isolate.on_uncaught([](v8::Local<v8::Value>, engine::Isolate::UncaughtKind) {});
    {
      engine::ScriptScope scope(isolate);
      const auto global = scope.context()->Global();
      engine::set(scope.context(), global, "report",
                  v8::Function::New(scope.context(), report).ToLocalChecked());
      engine::set(scope.context(), global, "readFile",
                  v8::Function::New(scope.context(), engine::op<read_file>,
                                    engine::to_string(scope.v8(), arguments[2]))
                      .ToLocalChecked());
    }
    boost::asio::steady_timer limit(isolate.loop(), std::chrono::seconds(std::atoi(arguments[1])));
    limit.async_wait([&](const boost::system::error_code&) {
      time_is_over(isolate);
      isolate.stop();
    });
    for (int i = 3; i < argument_count; ++i) run(isolate, arguments[i]);
    isolate.run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
