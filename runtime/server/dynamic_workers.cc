#include "runtime/server/dynamic_workers.h"

#include <algorithm>
#include <utility>

#include "base/compatibility.h"
#include "base/error.h"
#include "runtime/engine/script_scope.h"
#include "runtime/engine/values.h"
#include "runtime/python/python_worker.h"
#include "runtime/server/isolate_thread.h"
#include "runtime/server/request_log.h"
#include "runtime/web/web_ops.h"

namespace cwrangler::server {

using engine::Isolate;
using engine::ScriptScope;

namespace {

/// How often the watchdog looks at Workers that are running; a limit may pass by as much.
constexpr std::chrono::milliseconds kWatchStep{100};
/// What Python code has to end in after the exception that tells it of the limit.
constexpr std::chrono::milliseconds kInterruptGrace{500};

/// Calls `hooks.channelReceive` with a message.
void deliver(Isolate& isolate, uint64_t channel, WorkerMessage message) {
  ScriptScope scope(isolate);
  v8::Isolate* const v8 = scope.v8();
  v8::ValueDeserializer reader(v8, message.value.get(), message.size);
  v8::Local<v8::Value> value;
  // It was written by this very V8: what goes wrong is memory, and the scope reports it.
  if (!reader.ReadHeader(scope.context()).FromMaybe(false) ||
      !reader.ReadValue(scope.context()).ToLocal(&value)) {
    return;
  }
  std::vector<v8::Local<v8::Value>> attachments;
  for (std::vector<uint8_t>& bytes : message.attachments) {
    attachments.push_back(engine::move_to_uint8array(v8, std::move(bytes)));
  }
  (void)scope.call_hook("channelReceive", v8::Number::New(v8, static_cast<double>(channel)), value,
                        v8::Array::New(v8, attachments.data(), attachments.size()));
}

bool is_python(const WorkerConfig& config) {
  return config.main_module.ends_with(".py");
}

nlohmann::json configuration_of(const WorkerConfig& config) {
  if (is_python(config)) return python::startup_configuration(config);
  const Compatibility compatibility = resolve_compatibility(
      config.compatibility_date, config.compatibility_flags, ExperimentalFlags::allowed);
  return {{"name", config.name},
          {"mainModule", config.main_module},
          {"flags", compatibility.flags},
          {"compatibilityDate", compatibility.date},
          {"outboundMap", config.outbound_map}};
}

}  // namespace

class DynamicWorkers::Child {
 public:
  Child(DynamicWorkers& owner, uint64_t number, WorkerConfig config, nlohmann::json configuration)
      : owner_(owner),
        number_(number),
        config_(std::move(config)),
        configuration_(std::move(configuration)),
        thread_(owner.environment_.platform, owner.environment_.snapshot, owner.environment_.events,
                {.prepare = [this] { prepare(); },
                 .lost = [this](const std::string& reason) { tell_lost(reason); },
                 .finish = [] {},
                 .ended = [this] { tell_ended(); }}) {}

  void send(WorkerMessage message) {
    thread_.post([this, sent = std::move(message)]() mutable {
      deliver(thread_.isolate(), kParent, std::move(sent));
    });
  }

  void end() { thread_.end(); }
  bool ending() const { return thread_.ending(); }

  /// Breaks it off when one call takes too long.
  void watch() {
    const auto limit = answering_ ? cpu_limit() : startup_limit();
    if (thread_.ending() || terminated_) return;
    const auto used = thread_.cpu_time_of_call().value_or(std::chrono::milliseconds(0));
    if (used <= limit) {
      interrupted_ = false;
      return;
    }
    if (answering_) {
      if (!std::exchange(interrupted_, true)) thread_.interrupt();
      if (used <= limit + kInterruptGrace) return;
    }
    terminated_ = true;
    thread_.terminate("Worker exceeded CPU time limit.");
  }

 private:
  std::chrono::milliseconds cpu_limit() const {
    const auto server = owner_.environment_.cpu_limit;
    return config_.cpu_limit_ms > 0
               ? std::min(server, std::chrono::milliseconds(config_.cpu_limit_ms))
               : server;
  }

  std::chrono::milliseconds startup_limit() const {
    return std::max(owner_.environment_.startup_limit, cpu_limit());
  }

  // On the child's thread; what follows from it happens on the parent's.
  void prepare() {
    thread_.isolate().set_state<ParentChannel>([this](WorkerMessage message) {
      post_to_parent([this, sent = std::move(message)]() mutable {
        answering_ = true;
        if (!thread_.ending()) deliver(owner_.parent_, number_, std::move(sent));
      });
    });
    thread_.post([this] { begin(); });
  }

  void begin() {
    try {
      web::install_web(thread_.isolate(), console_log(owner_.environment_.events));
      python::install_python(thread_.isolate(), config_, configuration_, thread_.cpu_signal(),
                             owner_.environment_.snapshots.base_only());
    } catch (const std::exception& error) {
      tell_lost(error.what());
      return;
    }
    ScriptScope scope(thread_.isolate());
    v8::Local<v8::Value> argument;
    if (engine::parse_json(scope.context(), configuration_.dump()).ToLocal(&argument)) {
      (void)scope.call_hook("beginChild", argument);
    }
  }

  void tell_lost(const std::string& reason) {
    post_to_parent([owner = &owner_, number = number_, reason] { owner->lost(number, reason); });
  }

  void tell_ended() {
    post_to_parent([owner = &owner_, number = number_] { owner->children_.erase(number); });
  }

  /// The parent's loop is there until its DynamicWorkers has joined this thread.
  template <class Function>
  void post_to_parent(Function function) {
    boost::asio::post(owner_.parent_.loop(), std::move(function));
  }

  DynamicWorkers& owner_;
  const uint64_t number_;
  const WorkerConfig config_;
  const nlohmann::json configuration_;
  bool answering_ = false;    // it has started; the parent's thread's own, like the next
  bool interrupted_ = false;  // by the watchdog, in the call that it is in
  bool terminated_ = false;   // by the watchdog
  IsolateThread thread_;      // last: what it uses is there before it starts
};

DynamicWorkers::DynamicWorkers(engine::Isolate& parent, const InstanceEnvironment& environment,
                               const WorkerConfig& config)
    : parent_(parent), environment_(environment), config_(config), watch_(parent.loop()) {}

DynamicWorkers::~DynamicWorkers() {
  // All at once, so that they end beside each other.
  for (const auto& [number, child] : children_) child->end();
}

uint64_t DynamicWorkers::start(WorkerConfig config) {
  config.outbound_map = config_.outbound_map;
  nlohmann::json configuration = configuration_of(config);
  const uint64_t number = ++last_;
  children_.emplace(
      number, std::make_unique<Child>(*this, number, std::move(config), std::move(configuration)));
  if (children_.size() == 1) watch();
  return number;
}

void DynamicWorkers::send(uint64_t number, WorkerMessage message) {
  const auto found = children_.find(number);
  if (found != children_.end() && !found->second->ending()) found->second->send(std::move(message));
}

void DynamicWorkers::end(uint64_t number) {
  const auto found = children_.find(number);
  if (found != children_.end()) found->second->end();
}

void DynamicWorkers::lost(uint64_t number, const std::string& reason) {
  const auto found = children_.find(number);
  if (found == children_.end() || found->second->ending()) return;
  found->second->end();
  ScriptScope scope(parent_);
  (void)scope.call_hook("dynamicWorkerEnded",
                        v8::Number::New(scope.v8(), static_cast<double>(number)),
                        engine::to_string(scope.v8(), reason));
}

void DynamicWorkers::watch() {
  watch_.expires_after(kWatchStep);
  watch_.async_wait([this](const boost::system::error_code& error) {
    if (error || children_.empty()) return;
    for (const auto& [number, child] : children_) child->watch();
    watch();
  });
}

}  // namespace cwrangler::server
