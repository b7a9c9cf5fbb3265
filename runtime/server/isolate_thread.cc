#include "runtime/server/isolate_thread.h"

#include <pthread.h>
#include <time.h>

#include "base/control_protocol.h"
#include "base/error.h"
#include "runtime/engine/stack_switching.h"
#include "runtime/server/http_ops.h"
#include "runtime/web/web_ops.h"

namespace cwrangler::server {

using engine::Isolate;

namespace {

/// Python recurses deeply, and on this V8 each level takes several large frames of baseline code.
/// Only pages that are touched cost memory.
constexpr size_t kStackBytes = 64 << 20;
/// Granted on top of the heap's limit so that the termination itself can run.
constexpr size_t kHeapReserve = 64 << 20;
constexpr const char* kOutOfMemory = "Worker exceeded its memory limit.";

}  // namespace

IsolateThread::IsolateThread(engine::Platform& platform, const engine::StartupSnapshot& snapshot,
                             EventSink events, Callbacks callbacks)
    : platform_(platform),
      snapshot_(snapshot),
      events_(std::move(events)),
      callbacks_(std::move(callbacks)) {
  std::future<void> ready = ready_.get_future();
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  const int error = ::pthread_create(&thread_, &attributes, run_thread, this);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) {
    errno = error;
    throw system_error("starting a Worker's thread");
  }
  try {
    ready.get();
  } catch (...) {
    ::pthread_join(thread_, nullptr);
    throw;
  }
}

IsolateThread::~IsolateThread() {
  end();
  ::pthread_join(thread_, nullptr);
}

void IsolateThread::terminate(std::string reason) {
  {
    const std::lock_guard lock(reason_mutex_);
    termination_reason_ = std::move(reason);
  }
  isolate_->terminate();
}

void IsolateThread::end() {
  if (ending_.exchange(true)) return;
  isolate_->terminate();
  isolate_->stop();
  end_ordered_.set_value();
}

std::optional<std::chrono::milliseconds> IsolateThread::cpu_time_of_call() {
  const int64_t call = isolate_->busy_since();
  if (call == 0) return std::nullopt;
  const std::chrono::nanoseconds used = cpu_time();
  if (call != watched_call_) {
    watched_call_ = call;
    used_before_ = used;
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(used - used_before_);
}

/// What the thread has used. Where stacks are threads of their own, calls run on those and the time
/// that passes has to serve.
std::chrono::nanoseconds IsolateThread::cpu_time() const {
  clockid_t clock = CLOCK_MONOTONIC;
  if (engine::StackSwitching::preferred_kind() == engine::Coroutine::Kind::fiber) {
    ::pthread_getcpuclockid(thread_, &clock);
  }
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void IsolateThread::set_callbacks(Callbacks callbacks) {
  const std::lock_guard lock(callbacks_mutex_);
  callbacks_ = std::move(callbacks);
}

IsolateThread::Callbacks IsolateThread::callbacks() {
  const std::lock_guard lock(callbacks_mutex_);
  return callbacks_;
}

void* IsolateThread::run_thread(void* self) {
  static_cast<IsolateThread*>(self)->run();
  return nullptr;
}

void IsolateThread::run() {
  try {
    Isolate isolate(platform_, snapshot_);
    isolate_ = &isolate;
    set_up(isolate);
    // What the other thread posts from here on comes after what `prepare` has posted.
    ready_.set_value();
    isolate.run();
    // The other thread must be through with the isolate before it goes.
    end_ordered_.get_future().wait();
    cpu_signal_->detach();
    callbacks().finish();
    // Nobody but the destructor, which only joins, uses isolate_ after end().
  } catch (...) {
    // Only making the isolate throws: all else is in handlers that do not.
    ready_.set_exception(std::current_exception());
    return;
  }
  callbacks().ended();
}

void IsolateThread::set_up(Isolate& isolate) {
  isolate.v8()->AddNearHeapLimitCallback(near_heap_limit, this);
  isolate.on_terminated([this] {
    std::string reason;
    {
      const std::lock_guard lock(reason_mutex_);
      reason = termination_reason_;
    }
    // Not from inside the scope that is just ending.
    lose(std::move(reason));
  });
  isolate.on_uncaught([this](v8::Local<v8::Value> error, Isolate::UncaughtKind kind) {
    // What still runs in a dead interpreter fails in ways that tell nobody anything.
    if (dying_) return;
    const std::string text = web::describe_uncaught(*isolate_, error, kind);
    events_({{"type", control::kException},
             {"message", text.substr(0, text.find('\n'))},
             {"stack", text}});
  });
  requests_ = &isolate.set_state<WorkerRequests>(isolate, events_);
  requests_->on_fatal([this](std::string reason) {
    dying_ = true;
    lose(std::move(reason));
  });
  callbacks().prepare();
}

void IsolateThread::lose(std::string reason) {
  if (ending_) return;
  post([this, reason = std::move(reason)] {
    if (!ending_) callbacks().lost(reason);
  });
}

size_t IsolateThread::near_heap_limit(void* self, size_t current, size_t) {
  static_cast<IsolateThread*>(self)->terminate(kOutOfMemory);
  return current + kHeapReserve;
}

}  // namespace cwrangler::server
