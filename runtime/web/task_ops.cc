// Microtasks and tasks of the event loop.

#include <boost/asio/post.hpp>

#include "runtime/engine/script_scope.h"
#include "runtime/web/op_tables.h"
#include "runtime/web/web_state.h"

namespace cwrangler::web {
namespace {

v8::Local<v8::Function> function_of(engine::Call call) {
  if (!call[0]->IsFunction()) throw engine::TypeErrorException("a function is expected");
  return call[0].As<v8::Function>();
}

/// enqueueMicrotask(function)
void enqueue_microtask(engine::Call call) {
  call.GetIsolate()->EnqueueMicrotask(function_of(call));
}

/// queueTask(function): calls it in a turn of the event loop of its own, in the order of the calls
void queue_task(engine::Call call) {
  engine::Isolate& isolate = engine::Isolate::from(call);
  isolate.state<WebState>().tasks.emplace_back(call.GetIsolate(), function_of(call));
  boost::asio::post(isolate.loop(), [&isolate] {
    engine::ScriptScope scope(isolate);
    std::deque<v8::Global<v8::Function>>& tasks = isolate.state<WebState>().tasks;
    const v8::Local<v8::Function> function = tasks.front().Get(scope.v8());
    tasks.pop_front();
    // What it throws is reported at the scope's end.
    [[maybe_unused]] const auto result =
        function->Call(scope.context(), v8::Undefined(scope.v8()), 0, nullptr);
  });
}

}  // namespace

std::span<const engine::Op> task_ops() {
  static constexpr engine::Op OPS[] = {
      {"enqueueMicrotask", engine::op<enqueue_microtask>},
      {"queueTask", engine::op<queue_task>},
  };
  return OPS;
}

}  // namespace cwrangler::web
