#include "runtime/engine/isolate.h"

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <thread>

#include "tests/unit/runtime/engine/fixture.h"

using namespace cwrangler::engine;
using cwrangler::engine::testing::Process;
using cwrangler::engine::testing::run;

TEST_CASE("a context from the snapshot has the hooks, and no trace of the host object") {
  auto& process = Process::get();
  Isolate isolate(process.platform, process.snapshot);
  CHECK(run(isolate, "typeof __host") == "undefined");
  ScriptScope scope(isolate);
  auto sum = scope.call_hook("sum", v8::Number::New(scope.v8(), 2), v8::Number::New(scope.v8(), 3));
  CHECK(to_utf8(scope.v8(), sum.ToLocalChecked()) == "5");
}

TEST_CASE("uncaught exceptions and unhandled rejections are reported, handled ones are not") {
  auto& process = Process::get();
  Isolate isolate(process.platform, process.snapshot);
  std::vector<std::string> reported;
  isolate.on_uncaught([&](v8::Local<v8::Value> error, Isolate::UncaughtKind kind) {
    reported.push_back((kind == Isolate::UncaughtKind::rejection ? "rejection " : "exception ") +
                       to_utf8(isolate.v8(), error));
  });
  run(isolate, "Promise.reject('a'); const p = Promise.reject('b'); p.catch(() => 0); 1");
  {
    ScriptScope scope(isolate);
    isolate.v8()->ThrowException(to_string(isolate.v8(), "c"));
  }
  CHECK(reported == std::vector<std::string>{"rejection a", "exception c"});
}

TEST_CASE("an endless loop can be ended from another thread, and the isolate goes on") {
  auto& process = Process::get();
  Isolate isolate(process.platform, process.snapshot);
  bool told = false;
  isolate.on_terminated([&] { told = true; });
  std::thread watchdog([&] {
    while (isolate.busy_since() == 0) std::this_thread::yield();
    isolate.terminate();
  });
  CHECK(run(isolate, "for (;;) {}") == "terminated");
  watchdog.join();
  CHECK(told);
  CHECK(isolate.busy_since() == 0);
  CHECK(run(isolate, "1 + 1") == "2");
}

TEST_CASE("V8's own tasks run on the isolate's loop") {
  auto& process = Process::get();
  Isolate isolate(process.platform, process.snapshot);
  run(isolate, R"(
    globalThis.done = 'no';
    WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => { done = 'yes' });
    0)");
  const auto work = boost::asio::make_work_guard(isolate.loop());
  isolate.loop().restart();
  while (run(isolate, "done") != "yes") isolate.loop().run_one();
  CHECK(run(isolate, "done") == "yes");
}
