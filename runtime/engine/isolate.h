// One isolate with its context and its event loop: the place where one instance of a Worker lives.

#pragma once

#include <v8.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <typeindex>
#include <unordered_map>

namespace cwrangler::engine {

class Platform;
class ModuleMap;
class StackSwitching;

/// The built-in JavaScript, as made at build time by startup_snapshot.h.
struct StartupSnapshot {
  std::span<const char> blob;
  const intptr_t* external_references;  ///< the same list as when the blob was made, null-ended
};

/// An isolate is made, used and destroyed on one thread, which holds V8's lock for it all the time.
class Isolate {
 public:
  /// What JavaScript could not handle itself, for the log.
  enum class UncaughtKind { exception, rejection };
  using UncaughtHandler = std::function<void(v8::Local<v8::Value> error, UncaughtKind kind)>;
  /// Called on the loop's thread when an endless loop was ended: the Python of this isolate is torn
  /// and the isolate should be replaced.
  using TerminatedHandler = std::function<void()>;

  /// Makes the context from the snapshot and installs stack switching. Needs ~5 ms.
  Isolate(Platform& platform, const StartupSnapshot& snapshot);
  Isolate(const Isolate&) = delete;
  Isolate& operator=(const Isolate&) = delete;
  /// Ends calls that are still suspended, drops all state, disposes of the isolate.
  ~Isolate();

  /// The Isolate of a V8 isolate.
  static Isolate& from(v8::Isolate* isolate);
  static Isolate& from(const v8::FunctionCallbackInfo<v8::Value>& call) {
    return from(call.GetIsolate());
  }

  v8::Isolate* v8() const { return isolate_; }
  v8::Local<v8::Context> context() const { return context_.Get(isolate_); }
  Platform& platform() { return platform_; }
  boost::asio::io_context& loop() { return loop_; }
  ModuleMap& modules() { return *modules_; }
  StackSwitching& stacks() { return *stacks_; }

  /// Runs the event loop until stop(). Handlers that enter JavaScript make a ScriptScope.
  void run();
  /// Ends run() soon; any thread.
  void stop();

  /// A function that the built-in JavaScript registered as `hooks[name]`. Aborts when there is
  /// none: that is a mistake in the build.
  v8::Local<v8::Function> hook(const char* name);

  /// The state of a subsystem, made by `set_state`. One object for each type.
  template <class T>
  T& state() {
    return *static_cast<T*>(states_.at(typeid(T)).get());
  }
  /// The same, null when there is none.
  template <class T>
  T* find_state() {
    const auto found = states_.find(typeid(T));
    return found == states_.end() ? nullptr : static_cast<T*>(found->second.get());
  }
  template <class T, class... Arguments>
  T& set_state(Arguments&&... arguments) {
    auto made = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    T& reference = *made;
    states_.insert_or_assign(typeid(T), std::move(made));
    return reference;
  }

  void on_uncaught(UncaughtHandler handler) { uncaught_ = std::move(handler); }
  void on_terminated(TerminatedHandler handler) { terminated_ = std::move(handler); }
  void report_uncaught(v8::Local<v8::Value> error, UncaughtKind kind);

  /// Ends the JavaScript or wasm that is running; any thread. Sticky until the loop is reached, so
  /// it also ends code that was about to be resumed on another stack.
  void terminate();
  bool terminating() const { return terminating_.load(std::memory_order_relaxed); }

  /// When the loop entered the JavaScript it is in now, in steady-clock nanoseconds; 0 when idle.
  /// Any thread: a watchdog reads it.
  int64_t busy_since() const { return busy_since_.load(std::memory_order_relaxed); }

 private:
  friend class ScriptScope;

  static void promise_rejected(v8::PromiseRejectMessage message);
  void take_hooks(v8::Local<v8::Context> context);
  /// Microtasks, then rejections nobody handled; at the end of the outermost ScriptScope.
  void finish_turn();

  struct Rejection {
    v8::Global<v8::Promise> promise;
    v8::Global<v8::Value> reason;
  };

  Platform& platform_;
  boost::asio::io_context loop_;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::StartupData blob_;
  v8::Isolate* isolate_ = nullptr;
  std::unique_ptr<v8::Locker> locker_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Object> hooks_;
  std::unique_ptr<ModuleMap> modules_;
  std::unique_ptr<StackSwitching> stacks_;
  std::unordered_map<std::type_index, std::shared_ptr<void>> states_;
  std::vector<Rejection> rejections_;
  UncaughtHandler uncaught_;
  TerminatedHandler terminated_;
  int depth_ = 0;  // of nested ScriptScopes
  std::atomic<bool> terminating_{false};
  std::atomic<int64_t> busy_since_{0};
};

}  // namespace cwrangler::engine
