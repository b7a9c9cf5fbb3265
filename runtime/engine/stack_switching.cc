#include "runtime/engine/stack_switching.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "runtime/engine/embedded.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/thread_identity.h"
#include "runtime/engine/values.h"

CWRANGLER_EMBEDDED(stack_switching_js);

namespace cwrangler::engine {
namespace {

// Pyodide's deepest calls need more than 4 MiB on V8 10.2 (large Liftoff frames, JavaScript
// trampolines); 100,000 nested lists in json.dumps need this. Only touched pages cost memory.
constexpr size_t kStackSize = 16 << 20;
// Left for native code that V8's stack check does not see.
constexpr size_t kStackReserve = 128 << 10;
// Each suspended call holds two memory mappings of the 65530 a process may have (vm.max_map_count).
constexpr size_t kMostStacks = 16384;
// A killed call may run into another suspension on its way out; it is killed there again.
constexpr int kMostKills = 100;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

}  // namespace

/// A coroutine with the promising call that it runs, if any. Reused from call to call.
struct StackSwitching::Stack {
  enum class State { idle, running, suspended, ended };

  explicit Stack(StackSwitching& switching) : owner(switching) {}

  StackSwitching& owner;
  std::unique_ptr<Coroutine> coroutine;
  State state = State::idle;
  bool kill = false;
  bool quit = false;

  // The call.
  v8::Global<v8::Function> function;
  std::vector<v8::Global<v8::Value>> arguments;
  v8::Global<v8::Promise::Resolver> resolver;

  // What a suspended call waits for, and how it went.
  v8::Global<v8::Function> on_settled;
  v8::Global<v8::Function> on_failed;
  v8::Global<v8::Value> outcome;
  bool rejected = false;
};

Coroutine::Kind StackSwitching::preferred_kind() {
  static const Coroutine::Kind kind = [] {
    const char* const asked = std::getenv("CWRANGLER_STACKS");
    const bool fibers =
        !kSanitized && !(asked && std::strcmp(asked, "thread") == 0) && thread_identity::is_ours();
    return fibers ? Coroutine::Kind::fiber : Coroutine::Kind::thread;
  }();
  return kind;
}

StackSwitching::StackSwitching(Isolate& isolate) : isolate_(isolate), kind_(preferred_kind()) {}

StackSwitching::~StackSwitching() {
  for (const auto& stack : stacks_) {
    if (stack->state != Stack::State::idle) continue;
    stack->quit = true;
    hand_over([&] { stack->coroutine->switch_in(); });
  }
}

void StackSwitching::install(v8::Local<v8::Context> context) {
  v8::Isolate* const v8 = isolate_.v8();
  const auto webassembly = get(context, context->Global(), "WebAssembly").As<v8::Object>();
  if (get(context, webassembly, "promising")->IsFunction()) return;

  flag_store_ = v8::ArrayBuffer::NewBackingStore(v8, sizeof(int32_t));
  const auto flag = v8::Int32Array::New(v8::ArrayBuffer::New(v8, flag_store_), 0, 1);
  const auto function = [&](v8::FunctionCallback callback) {
    return v8::Function::New(context, callback).ToLocalChecked();
  };
  const auto compile = [&](std::string_view source, std::string_view name) {
    const v8::ScriptOrigin origin(v8, to_string(v8, name));
    v8::ScriptCompiler::Source compiled(to_string(v8, source), origin);
    return v8::ScriptCompiler::Compile(context, &compiled)
        .ToLocalChecked()
        ->Run(context)
        .ToLocalChecked()
        .As<v8::Function>();
  };
  check_interrupts_.Reset(v8, compile("(function () {})", "check_interrupts"));
  const auto source = embedded_stack_switching_js();
  v8::Local<v8::Value> arguments[] = {function(make_promising), function(suspend), flag};
  compile({source.data(), source.size()}, "cwrangler:stack_switching")
      ->Call(context, v8::Undefined(v8), 3, arguments)
      .ToLocalChecked();
}

size_t StackSwitching::suspended() const {
  return static_cast<size_t>(std::ranges::count_if(
      stacks_, [](const auto& stack) { return stack->state == Stack::State::suspended; }));
}

size_t StackSwitching::kill_suspended() {
  size_t killed = 0;
  for (const auto& stack : stacks_) {
    if (stack->state != Stack::State::suspended) continue;
    ++killed;
    stack->kill = true;
    stack->quit = true;
    for (int tries = 0; stack->state == Stack::State::suspended && tries < kMostKills; ++tries) {
      set_current(stack.get());
      hand_over([&] { stack->coroutine->switch_in(); });
      set_current(nullptr);
    }
  }
  return killed;
}

template <class Switch>
void StackSwitching::hand_over(Switch&& switch_stacks) {
  v8::Isolate* const v8 = isolate_.v8();
  // Belongs to the code on this stack, and V8 keeps one for the context.
  v8::Global<v8::Value> data;
  {
    const v8::HandleScope handles(v8);
    data.Reset(v8, isolate_.context()->GetContinuationPreservedEmbedderData());
  }
  v8->Exit();
  {
    const v8::Unlocker unlocked(v8);
    switch_stacks();
  }
  v8->Enter();
  {
    const v8::HandleScope handles(v8);
    isolate_.context()->SetContinuationPreservedEmbedderData(data.Get(v8));
  }
  // A termination request is kept in the record of the V8 thread that was current when it was made;
  // whoever runs now must see it too.
  if (isolate_.terminating()) v8->TerminateExecution();
}

void StackSwitching::set_current(Stack* stack) {
  current_ = stack;
  *static_cast<int32_t*>(flag_store_->Data()) = stack != nullptr;
}

void StackSwitching::make_promising(const v8::FunctionCallbackInfo<v8::Value>& call) {
  v8::Local<v8::Function> function;
  if (v8::Function::New(call.GetIsolate()->GetCurrentContext(), start, call[0], 0,
                        v8::ConstructorBehavior::kThrow)
          .ToLocal(&function)) {
    call.GetReturnValue().Set(function);
  }
}

StackSwitching::Stack* StackSwitching::take_stack() {
  if (!idle_.empty()) {
    Stack* const stack = idle_.back();
    idle_.pop_back();
    return stack;
  }
  if (stacks_.size() >= kMostStacks) return nullptr;

  auto stack = std::make_unique<Stack>(*this);
  Stack* const made = stack.get();
  try {
    stack->coroutine =
        Coroutine::create(kind_, kStackSize, [made](Coroutine&) { made->owner.run_calls(*made); });
  } catch (const Error&) {
    return nullptr;
  }
  v8::Isolate* const v8 = isolate_.v8();
  const auto context = v8->GetCurrentContext();
  const auto data = v8::External::New(v8, made);
  made->on_settled.Reset(v8, v8::Function::New(context, settled, data).ToLocalChecked());
  made->on_failed.Reset(v8, v8::Function::New(context, failed, data).ToLocalChecked());
  stacks_.push_back(std::move(stack));
  return made;
}

void StackSwitching::start(const v8::FunctionCallbackInfo<v8::Value>& call) {
  v8::Isolate* const v8 = call.GetIsolate();
  StackSwitching& self = Isolate::from(v8).stacks();
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(v8->GetCurrentContext()).ToLocal(&resolver)) return;
  Stack* const stack = self.take_stack();
  if (!stack) {
    v8->ThrowException(v8::Exception::RangeError(to_string(
        v8, "too many calls are suspended at once (" + std::to_string(kMostStacks) + ")")));
    return;
  }
  stack->function.Reset(v8, call.Data().As<v8::Function>());
  stack->resolver.Reset(v8, resolver);
  for (int i = 0; i < call.Length(); ++i) stack->arguments.emplace_back(v8, call[i]);

  Stack* const starter = self.current_;
  self.set_current(stack);
  self.hand_over([&] { stack->coroutine->switch_in(); });  // to its first suspension, or its end
  self.set_current(starter);
  call.GetReturnValue().Set(resolver->GetPromise());
}

/// The body of a coroutine: one call after the other, until it is told to quit.
void StackSwitching::run_calls(Stack& stack) {
  v8::Isolate* const v8 = isolate_.v8();
  while (!stack.quit) {
    {
      const v8::Locker locker(v8);
      const v8::Isolate::Scope entered(v8);
      // The lock's end drops V8's record of this thread, so the limit is set for each call.
      v8->SetStackLimit(stack.coroutine->stack_bottom() + kStackReserve);
      stack.state = Stack::State::running;
      call(stack);
      stack.state = stack.quit ? Stack::State::ended : Stack::State::idle;
      if (!stack.quit) idle_.push_back(&stack);
    }
    if (!stack.quit) stack.coroutine->switch_out();
  }
}

void StackSwitching::call(Stack& stack) {
  v8::Isolate* const v8 = isolate_.v8();
  const v8::HandleScope handles(v8);
  const v8::Local<v8::Context> context = isolate_.context();
  const v8::Context::Scope entered(context);
  const auto function = stack.function.Get(v8);
  const auto resolver = stack.resolver.Get(v8);
  std::vector<v8::Local<v8::Value>> arguments;
  arguments.reserve(stack.arguments.size());
  for (const auto& argument : stack.arguments) arguments.push_back(argument.Get(v8));
  stack.function.Reset();
  stack.resolver.Reset();
  stack.arguments.clear();

  v8::TryCatch caught(v8);
  caught.SetCaptureMessage(false);
  v8::Local<v8::Value> result;
  if (function
          ->Call(context, v8::Undefined(v8), static_cast<int>(arguments.size()), arguments.data())
          .ToLocal(&result)) {
    std::ignore = resolver->Resolve(context, result);
  } else if (!caught.HasTerminated()) {
    std::ignore = resolver->Reject(context, caught.Exception());
  }
}

void StackSwitching::suspend(const v8::FunctionCallbackInfo<v8::Value>& call) {
  v8::Isolate* const v8 = call.GetIsolate();
  StackSwitching& self = Isolate::from(v8).stacks();
  Stack* const stack = self.current_;
  const auto context = v8->GetCurrentContext();
  // The native Then: user code may have replaced Promise.prototype.then.
  v8::Local<v8::Promise> ignored;
  if (!call[0]
           .As<v8::Promise>()
           ->Then(context, stack->on_settled.Get(v8), stack->on_failed.Get(v8))
           .ToLocal(&ignored)) {
    return;
  }
  stack->state = Stack::State::suspended;
  self.hand_over([&] { stack->coroutine->switch_out(); });
  stack->state = Stack::State::running;
  if (stack->kill) {
    // Running any function makes V8 notice the termination here and not somewhere later.
    v8->TerminateExecution();
    std::ignore =
        self.check_interrupts_.Get(v8)->Call(context, v8::Undefined(v8), 0, nullptr).IsEmpty();
    return;
  }
  const auto outcome = stack->outcome.Get(v8);
  stack->outcome.Reset();
  if (stack->rejected) {
    v8->ThrowException(outcome);
  } else {
    call.GetReturnValue().Set(outcome);
  }
}

void StackSwitching::settle(const v8::FunctionCallbackInfo<v8::Value>& call, bool rejected) {
  v8::Isolate* const v8 = call.GetIsolate();
  Stack& stack = *static_cast<Stack*>(call.Data().As<v8::External>()->Value());
  if (stack.state != Stack::State::suspended) return;  // killed meanwhile
  StackSwitching& self = stack.owner;
  stack.outcome.Reset(v8, call[0]);
  stack.rejected = rejected;
  Stack* const resumer = self.current_;
  self.set_current(&stack);
  self.hand_over([&] { stack.coroutine->switch_in(); });
  self.set_current(resumer);
}

void StackSwitching::settled(const v8::FunctionCallbackInfo<v8::Value>& call) {
  settle(call, false);
}

void StackSwitching::failed(const v8::FunctionCallbackInfo<v8::Value>& call) {
  settle(call, true);
}

}  // namespace cwrangler::engine
