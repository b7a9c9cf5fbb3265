#include "runtime/engine/isolate.h"

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "runtime/engine/foreground_task.h"
#include "runtime/engine/module_map.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/stack_switching.h"
#include "runtime/engine/thread_stack.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine {
namespace {

constexpr uint32_t kIsolateSlot = 0;
// Three semi-spaces. What a request makes lives briefly; V8's own 48 MiB would only fill with more
// of it before they are collected.
constexpr size_t kYoungGeneration = 12 << 20;
// Left free at the end of the thread's stack for native code that V8's stack check does not see.
constexpr size_t kStackReserve = 256 << 10;

int64_t steady_nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

}  // namespace

Isolate::Isolate(Platform& platform, const StartupSnapshot& snapshot)
    : platform_(platform),
      allocator_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()),
      blob_{snapshot.blob.data(), static_cast<int>(snapshot.blob.size())} {
  isolate_ = v8::Isolate::Allocate();
  platform_.attach(isolate_, loop_);
  v8::Isolate::CreateParams params;
  params.snapshot_blob = &blob_;
  params.external_references = snapshot.external_references;
  params.array_buffer_allocator = allocator_.get();
  if (platform.options().heap_limit_mb > 0) {
    params.constraints.ConfigureDefaultsFromHeapSize(0, platform.options().heap_limit_mb << 20);
  }
  params.constraints.set_max_young_generation_size_in_bytes(kYoungGeneration);
  v8::Isolate::Initialize(isolate_, params);
  isolate_->SetData(kIsolateSlot, this);
  WasmCode::install(isolate_);

  // Stack switching passes the isolate between stacks with Unlocker, so the lock must be held.
  locker_ = std::make_unique<v8::Locker>(isolate_);
  isolate_->Enter();
  isolate_->SetStackLimit(this_thread_stack_bottom() + kStackReserve);
  isolate_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate_->SetPromiseRejectCallback(promise_rejected);
  isolate_->SetCaptureStackTraceForUncaughtExceptions(true, 32);

  const v8::HandleScope handles(isolate_);
  const v8::Local<v8::Context> context = v8::Context::New(isolate_);
  context_.Reset(isolate_, context);
  const v8::Context::Scope entered(context);
  take_hooks(context);
  modules_ = std::make_unique<ModuleMap>(*this);
  stacks_ = std::make_unique<StackSwitching>(*this);
  stacks_->install(context);
}

Isolate::~Isolate() {
  {
    const v8::HandleScope handles(isolate_);
    const v8::Context::Scope entered(context());
    if (terminating_.exchange(false)) isolate_->CancelTerminateExecution();
    stacks_->kill_suspended();
  }
  states_.clear();
  rejections_.clear();
  stacks_.reset();
  modules_.reset();
  hooks_.Reset();
  context_.Reset();
  platform_.detach(isolate_);
  isolate_->Exit();
  locker_.reset();
  isolate_->Dispose();
}

Isolate& Isolate::from(v8::Isolate* isolate) {
  return *static_cast<Isolate*>(isolate->GetData(kIsolateSlot));
}

void Isolate::take_hooks(v8::Local<v8::Context> context) {
  const v8::Local<v8::Object> global = context->Global();
  const auto host = get(context, global, "__host").As<v8::Object>();
  hooks_.Reset(isolate_, get(context, host, "hooks").As<v8::Object>());
  global->Delete(context, to_name(isolate_, "__host")).Check();
}

void Isolate::run() {
  const auto keep_running = boost::asio::make_work_guard(loop_);
  loop_.run();
}

void Isolate::stop() {
  loop_.stop();
}

v8::Local<v8::Function> Isolate::hook(const char* name) {
  const v8::Local<v8::Value> function = get(context(), hooks_.Get(isolate_), name);
  if (!function->IsFunction()) {
    std::fprintf(stderr, "the built-in JavaScript has no hook \"%s\"\n", name);
    std::abort();
  }
  return function.As<v8::Function>();
}

void Isolate::report_uncaught(v8::Local<v8::Value> error, UncaughtKind kind) {
  if (uncaught_) {
    uncaught_(error, kind);
  } else {
    std::fprintf(stderr, "Uncaught %s\n", describe_error(context(), error).c_str());
  }
}

void Isolate::terminate() {
  terminating_.store(true, std::memory_order_relaxed);
  isolate_->TerminateExecution();
}

void Isolate::promise_rejected(v8::PromiseRejectMessage message) {
  const v8::Local<v8::Promise> promise = message.GetPromise();
  v8::Isolate* const v8_isolate = promise->GetIsolate();
  auto& rejections = from(v8_isolate).rejections_;
  switch (message.GetEvent()) {
    case v8::kPromiseRejectWithNoHandler:
      rejections.push_back({v8::Global<v8::Promise>(v8_isolate, promise),
                            v8::Global<v8::Value>(v8_isolate, message.GetValue())});
      break;
    case v8::kPromiseHandlerAddedAfterReject:
      std::erase_if(rejections, [&](const Rejection& entry) { return entry.promise == promise; });
      break;
    default:
      break;
  }
}

void Isolate::finish_turn() {
  isolate_->PerformMicrotaskCheckpoint();
  // Reporting one may reject another promise; each is reported once.
  while (!rejections_.empty() && !terminating()) {
    const Rejection rejection = std::move(rejections_.front());
    rejections_.erase(rejections_.begin());
    if (rejection.promise.Get(isolate_)->HasHandler()) continue;  // marked natively as handled
    report_uncaught(rejection.reason.Get(isolate_), UncaughtKind::rejection);
    isolate_->PerformMicrotaskCheckpoint();
  }
}

ScriptScope::ScriptScope(Isolate& isolate)
    : isolate_(isolate),
      handles_(isolate.v8()),
      context_(isolate.context()),
      entered_(context_),
      caught_(isolate.v8()) {
  if (isolate_.depth_++ == 0) {
    isolate_.busy_since_.store(steady_nanoseconds(), std::memory_order_relaxed);
  }
}

ScriptScope::~ScriptScope() {
  if (const v8::Local<v8::Value> error = take_exception(); !error.IsEmpty()) {
    isolate_.report_uncaught(error, Isolate::UncaughtKind::exception);
  }
  if (isolate_.depth_ == 1) {
    isolate_.finish_turn();
    if (isolate_.terminating_.exchange(false)) {
      isolate_.v8()->CancelTerminateExecution();
      isolate_.rejections_.clear();
      if (isolate_.terminated_) isolate_.terminated_();
    }
    isolate_.busy_since_.store(0, std::memory_order_relaxed);
  }
  --isolate_.depth_;
}

v8::Local<v8::Value> ScriptScope::take_exception() {
  if (!caught_.HasCaught() || caught_.HasTerminated()) return {};
  const v8::Local<v8::Value> error = caught_.Exception();
  caught_.Reset();
  return error;
}

void run_foreground_task(v8::Isolate* isolate, v8::Task& task) {
  const ScriptScope scope(Isolate::from(isolate));
  task.Run();
}

}  // namespace cwrangler::engine
