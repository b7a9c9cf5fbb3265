// An isolate with no built-in JavaScript but two hooks for the tests: enough to try the engine
// alone.

#pragma once

#include <doctest/doctest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/isolate.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/startup_snapshot.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine::testing {

/// V8 starts once in a process; the snapshot is made once.
struct Process {
  Platform platform{Platform::Options{}};
  std::vector<Op> ops{{"add", [](Call call) {
                         call.GetReturnValue().Set(call[0].As<v8::Number>()->Value() +
                                                   call[1].As<v8::Number>()->Value());
                       }}};
  std::vector<intptr_t> references = external_references(ops);
  std::vector<char> blob = make_startup_snapshot(
      ops, "const {ops, hooks} = __host; hooks.sum = (a, b) => ops.add(a, b);", "test:bundle");
  StartupSnapshot snapshot{blob, references.data()};

  static Process& get() {
    static Process process;
    return process;
  }
};

/// Runs a script and, when it gives a promise, the loop's ready work until that settles. The result
/// as text; "throws: ..." for an exception or a rejection.
inline std::string run(Isolate& isolate, std::string_view script) {
  v8::Global<v8::Value> result;
  {
    ScriptScope scope(isolate);
    v8::Local<v8::Script> compiled;
    v8::Local<v8::Value> value;
    if (!v8::Script::Compile(scope.context(), to_string(scope.v8(), script)).ToLocal(&compiled) ||
        !compiled->Run(scope.context()).ToLocal(&value)) {
      const auto error = scope.take_exception();
      return error.IsEmpty() ? "terminated" : "throws: " + to_utf8(scope.v8(), error);
    }
    if (value->IsPromise()) value.As<v8::Promise>()->MarkAsHandled();
    result.Reset(scope.v8(), value);
  }
  for (;;) {
    {
      ScriptScope scope(isolate);
      const auto value = result.Get(scope.v8());
      if (!value->IsPromise()) return to_utf8(scope.v8(), value);
      const auto promise = value.As<v8::Promise>();
      if (promise->State() == v8::Promise::kFulfilled) {
        return to_utf8(scope.v8(), promise->Result());
      }
      if (promise->State() == v8::Promise::kRejected) {
        return "throws: " + to_utf8(scope.v8(), promise->Result());
      }
    }
    const auto work = boost::asio::make_work_guard(isolate.loop());
    isolate.loop().restart();
    if (isolate.loop().run_one_for(std::chrono::seconds(10)) == 0) return "pending";
  }
}

}  // namespace cwrangler::engine::testing
