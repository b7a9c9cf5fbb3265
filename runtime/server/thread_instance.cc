#include "runtime/server/thread_instance.h"

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <mutex>

#include "base/control_protocol.h"
#include "base/error.h"
#include "runtime/bindings/binding_ops.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/stack_switching.h"
#include "runtime/engine/values.h"
#include "runtime/python/cpu_signal.h"
#include "runtime/python/python_worker.h"
#include "runtime/server/http_ops.h"
#include "runtime/web/web_ops.h"

namespace cwrangler::server {
namespace {

namespace asio = boost::asio;
using engine::Isolate;
using engine::ScriptScope;

/// Python recurses deeply, and on this V8 each level takes several large frames of baseline code.
/// Only pages that are touched cost memory.
constexpr size_t kStackBytes = 64 << 20;
/// Granted on top of the heap's limit so that the termination itself can run.
constexpr size_t kHeapReserve = 64 << 20;
constexpr const char* kOutOfMemory = "Worker exceeded its memory limit.";

class ThreadInstance final : public Instance {
 public:
  ThreadInstance(const InstanceEnvironment& environment, const WorkerConfig& config,
                 InstanceCallbacks callbacks)
      : environment_(environment), config_(config), callbacks_(std::move(callbacks)) {
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

  ~ThreadInstance() override {
    end();
    ::pthread_join(thread_, nullptr);
  }

  bool answers() const override { return true; }

  void serve(const std::vector<Descriptor>& sockets) override {
    post([this, &sockets] {
      if (!is_lost_) connections_->listen(sockets);
    });
  }

  void adopt(Handover connection) override {
    auto shared = std::make_shared<Handover>(std::move(connection));
    post([this, shared] { connections_->adopt(std::move(*shared)); });
  }

  void retire(std::chrono::milliseconds limit) override {
    post([this, limit] {
      connections_->stop_listening();
      connections_->hand_over(callbacks_.orphaned);
      drain(limit);
    });
  }

  void finish(std::chrono::milliseconds limit) override {
    post([this, limit] {
      connections_->stop_listening();
      connections_->finish();
      drain(limit);
    });
  }

  void end() override {
    if (ending_.exchange(true)) return;
    isolate_->terminate();
    isolate_->stop();
    end_ordered_.set_value();
  }

  std::optional<std::chrono::milliseconds> cpu_time_of_call() override {
    const int64_t call = isolate_->busy_since();
    if (call == 0) return std::nullopt;
    const std::chrono::nanoseconds used = cpu_time();
    if (call != watched_call_) {
      watched_call_ = call;
      used_before_ = used;
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(used - used_before_);
  }

  void interrupt() override { cpu_signal_->raise(watched_call_); }

  void terminate(std::string reason) override {
    {
      const std::lock_guard lock(reason_mutex_);
      termination_reason_ = std::move(reason);
    }
    isolate_->terminate();
  }

 private:
  template <class Function>
  void post(Function function) {
    asio::post(isolate_->loop(), std::move(function));
  }

  static void* run_thread(void* self) {
    static_cast<ThreadInstance*>(self)->run();
    return nullptr;
  }

  void run() {
    try {
      Isolate isolate(environment_.platform, environment_.snapshot);
      isolate_ = &isolate;
      ready_.set_value();
      serve_worker(isolate);
      // Nobody but the destructor, which only joins, uses isolate_ after end().
    } catch (...) {
      // Only making the isolate throws: all else is in handlers that do not.
      ready_.set_exception(std::current_exception());
      return;
    }
    callbacks_.ended();
  }

  void serve_worker(Isolate& isolate) {
    isolate.v8()->AddNearHeapLimitCallback(near_heap_limit, this);
    isolate.on_terminated([this] { terminated(); });
    isolate.on_uncaught([this](v8::Local<v8::Value> error, Isolate::UncaughtKind kind) {
      // What still runs in a dead interpreter fails in ways that tell nobody anything.
      if (is_dying_) return;
      const std::string text = web::describe_uncaught(*isolate_, error, kind);
      environment_.events({{"type", control::kException},
                           {"message", text.substr(0, text.find('\n'))},
                           {"stack", text}});
    });
    requests_ = &isolate.set_state<WorkerRequests>(isolate, environment_.events);
    requests_->on_fatal([this](std::string reason) { post([this, reason] { lose(reason); }); });
    connections_ = std::make_unique<Connections>(isolate.loop(), *requests_, environment_.limits);
    post([this] { start_worker(); });
    isolate.run();
    // The other thread must be through with the isolate before it goes.
    end_ordered_.get_future().wait();
    // JavaScript is not entered any more.
    cpu_signal_->detach();
    requests_->fail_all({"internal", "The Worker was stopped.", ""});
    connections_.reset();
  }

  void start_worker() {
    try {
      web::install_web(*isolate_, [this](std::string_view level, std::string_view text) {
        environment_.events({{"type", control::kConsole}, {"level", level}, {"text", text}});
      });
      bindings::install_bindings(*isolate_);
      python::install_python(*isolate_, config_, cpu_signal_);
      const nlohmann::json configuration = python::startup_configuration(config_);
      ScriptScope scope(*isolate_);
      v8::Local<v8::Value> argument;
      v8::Local<v8::Value> promise;
      if (!engine::parse_json(scope.context(), configuration.dump()).ToLocal(&argument) ||
          !scope.call_hook("startWorker", argument).ToLocal(&promise) || !promise->IsPromise()) {
        start_failed({"internal", "The Worker's start could not begin.", ""});
        return;
      }
      const v8::Local<v8::External> self = v8::External::New(scope.v8(), this);
      const auto settled = [&](v8::FunctionCallback callback) {
        return v8::Function::New(scope.context(), callback, self).ToLocalChecked();
      };
      const auto then = promise.As<v8::Promise>()->Then(scope.context(), settled(on_started),
                                                        settled(on_start_failed));
      if (then.IsEmpty()) start_failed({"internal", "The Worker's start was broken off.", ""});
    } catch (const Error& error) {
      start_failed({"config", error.problem(), error.what()});
    } catch (const std::exception& error) {
      start_failed({"internal", error.what(), ""});
    }
  }

  static ThreadInstance& of(const v8::FunctionCallbackInfo<v8::Value>& call) {
    return *static_cast<ThreadInstance*>(call.Data().As<v8::External>()->Value());
  }

  static void on_started(const v8::FunctionCallbackInfo<v8::Value>& call) {
    ThreadInstance& self = of(call);
    self.started_ = true;
    self.callbacks_.started();
  }

  static void on_start_failed(const v8::FunctionCallbackInfo<v8::Value>& call) {
    v8::Isolate* isolate = call.GetIsolate();
    const v8::Local<v8::Context> context = isolate->GetCurrentContext();
    Failure failure{"internal", engine::to_utf8(isolate, call[0]), ""};
    if (call[0]->IsObject()) {
      const auto error = call[0].As<v8::Object>();
      const auto property = [&](const char* name) {
        const v8::Local<v8::Value> value = engine::get(context, error, name);
        return value->IsUndefined() ? std::string() : engine::to_utf8(isolate, value);
      };
      failure.message = property("message");
      failure.stack = property("stack");
      if (const std::string kind = property("kind"); !kind.empty()) failure.kind = kind;
    }
    of(call).start_failed(std::move(failure));
  }

  void start_failed(Failure failure) {
    if (std::exchange(is_lost_, true)) return;
    callbacks_.start_failed(std::move(failure));
  }

  /// JavaScript was broken off: by the watchdog, for memory, or by end().
  void terminated() {
    if (ending_) return;
    std::string reason;
    {
      const std::lock_guard lock(reason_mutex_);
      reason = termination_reason_;
    }
    // Not from inside the scope that is just ending.
    post([this, reason] { lose(reason); });
  }

  /// The isolate can run no more of the Worker.
  void lose(const std::string& reason) {
    if (ending_) return;
    if (!started_) {
      start_failed({"user", reason, ""});
      return;
    }
    if (std::exchange(is_lost_, true)) return;
    // In this order: what is under way gets its 500, what follows waits for the next instance.
    connections_->stop_listening();
    connections_->hand_over(callbacks_.orphaned);
    requests_->fail_all({"user", reason, ""});
    callbacks_.lost(reason);
    if (drain_limit_) check_drained();
  }

  static size_t near_heap_limit(void* data, size_t current, size_t) {
    static_cast<ThreadInstance*>(data)->terminate(kOutOfMemory);
    return current + kHeapReserve;
  }

  void drain(std::chrono::milliseconds limit) {
    drain_limit_.emplace(isolate_->loop(), limit);
    drain_limit_->async_wait([this](const boost::system::error_code& error) {
      if (!error) drained();
    });
    connections_->on_idle([this] { check_drained(); });
    requests_->on_background_idle([this] { check_drained(); });
    check_drained();
  }

  void check_drained() {
    const bool background = !is_lost_ && requests_->background_tasks() > 0;
    if (connections_->active() == 0 && !background) drained();
  }

  void drained() {
    drain_limit_.reset();
    if (!std::exchange(drained_, true)) callbacks_.drained();
  }

  const InstanceEnvironment& environment_;
  const WorkerConfig config_;
  const InstanceCallbacks callbacks_;
  /// What the instance's thread has used. Where stacks are threads of their own, calls run on those
  /// and the time that passes has to serve.
  std::chrono::nanoseconds cpu_time() const {
    clockid_t clock = CLOCK_MONOTONIC;
    if (engine::StackSwitching::preferred_kind() == engine::Coroutine::Kind::fiber) {
      ::pthread_getcpuclockid(thread_, &clock);
    }
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }

  const std::shared_ptr<python::CpuSignal> cpu_signal_ = std::make_shared<python::CpuSignal>();
  pthread_t thread_{};
  int64_t watched_call_ = 0;  // Isolate::busy_since of the call that the watchdog saw last
  std::chrono::nanoseconds used_before_{};
  std::promise<void> ready_;
  Isolate* isolate_ = nullptr;  // on the thread's stack, from ready_ until after end()
  std::atomic<bool> ending_{false};
  std::promise<void> end_ordered_;
  std::mutex reason_mutex_;
  std::string termination_reason_ = "The Worker was stopped.";

  // The thread's own.
  WorkerRequests* requests_ = nullptr;  // owned by the isolate
  std::unique_ptr<Connections> connections_;
  std::optional<asio::steady_timer> drain_limit_;
  bool started_ = false;
  bool is_dying_ = false;  // the interpreter is dead
  bool is_lost_ = false;   // …and the server was told
  bool drained_ = false;
};

}  // namespace

std::unique_ptr<Instance> start_thread_instance(const InstanceEnvironment& environment,
                                                const WorkerConfig& config,
                                                InstanceCallbacks callbacks) {
  return std::make_unique<ThreadInstance>(environment, config, std::move(callbacks));
}

}  // namespace cwrangler::server
