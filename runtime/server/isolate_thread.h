// A thread with an isolate of its own on it, watched from outside: what a Worker runs on, whether
// it serves requests (thread_instance.cc) or was made by another Worker (dynamic_workers.h).

#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/engine/isolate.h"
#include "runtime/python/cpu_signal.h"
#include "runtime/server/instance.h"

namespace cwrangler::server {

class WorkerRequests;

class IsolateThread {
 public:
  /// What happens on the thread, in this order. None of them may throw.
  struct Callbacks {
    /// Before the event loop runs, and before the constructor returns: JavaScript is not entered
    /// yet.
    std::function<void()> prepare;
    /// The Worker can run no more: it was broken off (terminate(), too much memory), or its
    /// interpreter died. In a turn of the loop of its own.
    std::function<void(std::string reason)> lost;
    /// After end(): the loop has stopped and JavaScript is not entered any more.
    std::function<void()> finish;
    /// The isolate is gone; the thread can be joined without waiting.
    std::function<void()> ended;
  };

  /// Returns once the isolate is made (some ms). Throws Error when no thread or isolate can be had.
  IsolateThread(engine::Platform& platform, const engine::StartupSnapshot& snapshot,
                EventSink events, Callbacks callbacks);
  IsolateThread(const IsolateThread&) = delete;
  IsolateThread& operator=(const IsolateThread&) = delete;
  /// As end(), then waits for the thread.
  ~IsolateThread();

  /// Valid until end(), and on the thread until `finish` has returned.
  engine::Isolate& isolate() { return *isolate_; }
  /// The requests of the isolate, and the log of what fails in it; the thread's own.
  WorkerRequests& requests() { return *requests_; }

  /// Calls a function on the thread's loop; any thread.
  template <class Function>
  void post(Function function) {
    boost::asio::post(isolate_->loop(), std::move(function));
  }

  /// Other callbacks, but for `prepare`, of a thread that was started before it was known what for.
  /// Any thread, before end().
  void set_callbacks(Callbacks callbacks);

  /// For install_python(), whose interpreter interrupt() is for.
  const std::shared_ptr<python::CpuSignal>& cpu_signal() const { return cpu_signal_; }
  /// Asks the Python code of the call that cpu_time_of_call() told of to stop, by an exception. It
  /// may go on. The watchdog's thread.
  void interrupt() { cpu_signal_->raise(watched_call_); }
  /// Breaks off the JavaScript that is running; `lost` follows with this reason. Any thread.
  void terminate(std::string reason);
  /// Ends the thread, also when JavaScript is running. Nothing but the destructor may be called
  /// afterwards.
  void end();
  bool ending() const { return ending_; }

  /// How much CPU time the call into JavaScript that it is in has used since this was first asked
  /// during that call; nothing when it is idle. For one watchdog, which asks at intervals.
  std::optional<std::chrono::milliseconds> cpu_time_of_call();

 private:
  static void* run_thread(void* self);
  void run();
  void set_up(engine::Isolate& isolate);
  void lose(std::string reason);
  Callbacks callbacks();
  static size_t near_heap_limit(void* self, size_t current, size_t initial);
  std::chrono::nanoseconds cpu_time() const;

  engine::Platform& platform_;
  const engine::StartupSnapshot& snapshot_;
  const EventSink events_;
  std::mutex callbacks_mutex_;
  Callbacks callbacks_;
  pthread_t thread_{};
  std::promise<void> ready_;
  engine::Isolate* isolate_ = nullptr;  // on the thread's stack, from ready_ until after end()
  WorkerRequests* requests_ = nullptr;  // owned by the isolate
  bool dying_ = false;                  // the interpreter is dead; the thread's own
  std::atomic<bool> ending_{false};
  std::promise<void> end_ordered_;
  std::mutex reason_mutex_;
  std::string termination_reason_ = "The Worker was stopped.";

  const std::shared_ptr<python::CpuSignal> cpu_signal_ = std::make_shared<python::CpuSignal>();
  int64_t watched_call_ = 0;  // Isolate::busy_since of the call that the watchdog saw last
  std::chrono::nanoseconds used_before_{};
};

}  // namespace cwrangler::server
