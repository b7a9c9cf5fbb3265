#include "runtime/server/thread_instance.h"

#include <spdlog/spdlog.h>

#include <boost/asio/steady_timer.hpp>

#include "base/error.h"
#include "runtime/bindings/binding_ops.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/values.h"
#include "runtime/python/python_worker.h"
#include "runtime/python/release.h"
#include "runtime/server/dynamic_workers.h"
#include "runtime/server/http_ops.h"
#include "runtime/server/isolate_thread.h"
#include "runtime/server/request_log.h"
#include "runtime/web/web_ops.h"

namespace cwrangler::server {
namespace {

namespace asio = boost::asio;
using engine::ScriptScope;

/// What is the same for all Workers.
void install_platform(engine::Isolate& isolate, const InstanceEnvironment& environment) {
  web::install_web(isolate, console_log(environment.events));
  bindings::install_bindings(isolate);
}

/// It is not heard of until it is given other callbacks.
std::unique_ptr<IsolateThread> new_thread(const InstanceEnvironment& environment) {
  return std::make_unique<IsolateThread>(
      environment.platform, environment.snapshot, environment.events,
      IsolateThread::Callbacks{
          .prepare = [] {}, .lost = [](const std::string&) {}, .finish = [] {}, .ended = [] {}});
}

/// What a start was begun for ahead of time.
struct Prepared {
  std::string start;
};

/// Installs Python for a Worker. Returns what its start depends on up to a layer.
std::string install_worker(IsolateThread& thread, const InstanceEnvironment& environment,
                           const WorkerConfig& config, const nlohmann::json& configuration) {
  python::install_python(thread.isolate(), config, configuration, thread.cpu_signal(),
                         environment.snapshots);
  const auto& store = thread.isolate().state<snapshot::SnapshotStore>();
  return configuration.dump() + store.key(environment.prepared_layer);
}

class ThreadInstance final : public Instance {
 public:
  ThreadInstance(const InstanceEnvironment& environment, const WorkerConfig& config,
                 std::shared_ptr<const PageSources> page_sources, InstanceCallbacks callbacks,
                 std::unique_ptr<IsolateThread> prepared)
      : environment_(environment),
        config_(config),
        page_sources_(std::move(page_sources)),
        callbacks_(std::move(callbacks)),
        thread_(prepared ? std::move(prepared) : new_thread(environment)) {
    thread_->set_callbacks({.prepare = {},
                            .lost = [this](const std::string& reason) { lose(reason); },
                            .finish = [this] { finish_thread(); },
                            .ended = [this] { callbacks_.ended(); }});
    post([this] { start_worker(); });
  }

  bool answers() const override { return true; }

  void serve(const std::vector<Descriptor>& sockets) override {
    post([this, &sockets] {
      if (is_lost_) return;
      connections_->listen(sockets);
      ScriptScope scope(thread_->isolate());
      (void)scope.call_hook("consumeQueues");
    });
  }

  void adopt(Handover connection) override {
    auto shared = std::make_shared<Handover>(std::move(connection));
    post([this, shared] { connections_->adopt(std::move(*shared)); });
  }

  void retire(std::chrono::milliseconds limit) override {
    post([this, limit] {
      bindings::stop_consuming(thread_->isolate());
      connections_->stop_listening();
      connections_->hand_over(callbacks_.orphaned);
      drain(limit);
    });
  }

  void finish(std::chrono::milliseconds limit) override {
    post([this, limit] {
      bindings::stop_consuming(thread_->isolate());
      connections_->stop_listening();
      connections_->finish();
      drain(limit);
    });
  }

  void set_tracing(bool enabled) override {
    post([this, enabled] {
      if (is_lost_) return;
      ScriptScope scope(thread_->isolate());
      (void)scope.call_hook("setTracing", v8::Boolean::New(scope.v8(), enabled));
    });
  }

  void run_scheduled(const std::string& cron, std::int64_t time_ms) override {
    post([this, cron, time_ms] {
      if (is_lost_) return;
      ScriptScope scope(thread_->isolate());
      (void)scope.call_hook("runScheduled", engine::to_string(scope.v8(), cron),
                            v8::Number::New(scope.v8(), static_cast<double>(time_ms)));
    });
  }

  void end() override { thread_->end(); }

  std::optional<std::chrono::milliseconds> cpu_time_of_call() override {
    return thread_->cpu_time_of_call();
  }

  void interrupt() override { thread_->interrupt(); }

  void terminate(std::string reason) override { thread_->terminate(std::move(reason)); }

 private:
  template <class Function>
  void post(Function function) {
    thread_->post(std::move(function));
  }

  void finish_thread() {
    thread_->requests().fail_all({"internal", "The Worker was stopped.", ""});
    drain_limit_.reset();
    connections_.reset();
  }

  void start_worker() {
    thread_->requests().set_page_sources(page_sources_);
    connections_ = std::make_unique<Connections>(thread_->isolate().loop(), thread_->requests(),
                                                 environment_.limits);
    try {
      const auto* const prepared = thread_->isolate().find_state<Prepared>();
      if (prepared == nullptr) install_platform(thread_->isolate(), environment_);
      const nlohmann::json configuration = python::startup_configuration(config_);
      const std::string start = install_worker(*thread_, environment_, config_, configuration);
      thread_->isolate().set_state<DynamicWorkers>(thread_->isolate(), environment_, config_);
      ScriptScope scope(thread_->isolate());
      const auto is_prepared =
          v8::Boolean::New(scope.v8(), prepared != nullptr && prepared->start == start);
      v8::Local<v8::Value> argument;
      v8::Local<v8::Value> promise;
      if (!engine::parse_json(scope.context(), configuration.dump()).ToLocal(&argument) ||
          !scope.call_hook("startWorker", argument, v8::Undefined(scope.v8()), is_prepared)
               .ToLocal(&promise) ||
          !promise->IsPromise()) {
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

  /// The isolate can run no more of the Worker.
  void lose(const std::string& reason) {
    if (!started_) {
      start_failed({"user", reason, ""});
      return;
    }
    if (std::exchange(is_lost_, true)) return;
    bindings::stop_consuming(thread_->isolate());
    // In this order: what is under way gets its 500, what follows waits for the next instance.
    connections_->stop_listening();
    connections_->hand_over(callbacks_.orphaned);
    thread_->requests().fail_all({"user", reason, ""});
    callbacks_.lost(reason);
    if (drain_limit_) check_drained();
  }

  void drain(std::chrono::milliseconds limit) {
    drain_limit_.emplace(thread_->isolate().loop(), limit);
    drain_limit_->async_wait([this](const boost::system::error_code& error) {
      if (!error) drained();
    });
    connections_->on_idle([this] { check_drained(); });
    thread_->requests().on_background_idle([this] { check_drained(); });
    check_drained();
  }

  void check_drained() {
    const bool background = !is_lost_ && thread_->requests().background_tasks() > 0;
    if (connections_->active() == 0 && !background) drained();
  }

  void drained() {
    drain_limit_.reset();
    if (!std::exchange(drained_, true)) callbacks_.drained();
  }

  const InstanceEnvironment& environment_;
  const WorkerConfig config_;
  const std::shared_ptr<const PageSources> page_sources_;
  const InstanceCallbacks callbacks_;

  // The thread's own.
  std::unique_ptr<Connections> connections_;
  std::optional<asio::steady_timer> drain_limit_;
  bool started_ = false;
  bool is_lost_ = false;  // and the server was told
  bool drained_ = false;

  std::unique_ptr<IsolateThread>
      thread_;  // last: what it uses is there before it starts, and until it has ended
};

}  // namespace

std::unique_ptr<IsolateThread> prepare_thread(const InstanceEnvironment& environment,
                                              const WorkerConfig& config) {
  std::unique_ptr<IsolateThread> thread = new_thread(environment);
  thread->post([&environment, &thread = *thread, config] {
    engine::Isolate& isolate = thread.isolate();
    install_platform(isolate, environment);
    std::string& begun = isolate.set_state<Prepared>().start;
    try {
      const nlohmann::json configuration = python::startup_configuration(config);
      const std::string start = install_worker(thread, environment, config, configuration);
      ScriptScope scope(isolate);
      v8::Local<v8::Value> argument;
      if (!engine::parse_json(scope.context(), configuration.dump()).ToLocal(&argument)) return;
      const char* const layer =
          snapshot::kLayerNames[static_cast<size_t>(environment.prepared_layer)];
      (void)scope.call_hook("prepareWorker", argument, engine::to_string(scope.v8(), layer));
      begun = start;
    } catch (const std::exception& error) {
      // The Worker's own start will say the same, aloud.
      spdlog::debug("no start is begun ahead of time: {}", error.what());
    }
  });
  return thread;
}

std::unique_ptr<IsolateThread> prepare_interpreter(const InstanceEnvironment& environment,
                                                   const std::string& python_version) {
  environment.platform.wasm_code().preload(python::release_module(python_version));
  std::unique_ptr<IsolateThread> thread = new_thread(environment);
  thread->post([&environment, &isolate = thread->isolate(), python_version] {
    install_platform(isolate, environment);
    isolate.set_state<Prepared>();
    ScriptScope scope(isolate);
    (void)scope.call_hook("prepareInterpreter", engine::to_string(scope.v8(), python_version));
  });
  return thread;
}

std::unique_ptr<Instance> start_thread_instance(const InstanceEnvironment& environment,
                                                const WorkerConfig& config,
                                                std::shared_ptr<const PageSources> page_sources,
                                                InstanceCallbacks callbacks,
                                                std::unique_ptr<IsolateThread> prepared) {
  python::preload_python(environment.platform, config);
  return std::make_unique<ThreadInstance>(environment, config, std::move(page_sources),
                                          std::move(callbacks), std::move(prepared));
}

}  // namespace cwrangler::server
