// One running copy of a Worker, as the server sees it. How it runs is behind this interface: on a
// thread (thread_instance.h), or not at all (failed_instance.h).
//
// All functions are for the server's thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/server/connections.h"
#include "runtime/server/failure.h"

namespace cwrangler::server {

/// Takes the messages of base/control_protocol.h that go to `cwrangler dev`; any thread.
using EventSink = std::function<void(const nlohmann::json&)>;

/// What an instance tells the server; called on any thread.
struct InstanceCallbacks {
  std::function<void()> started;
  std::function<void(Failure)> start_failed;
  /// It answers nothing more: endless loop, fatal error. What was pending has got its 500.
  std::function<void(std::string reason)> lost;
  /// A connection between two requests that it does not serve any more: after retire() or `lost`.
  std::function<void(Handover)> orphaned;
  /// After retire() or finish(): nothing is left to do.
  std::function<void()> drained;
  /// After end(): the instance can be destroyed without waiting.
  std::function<void()> ended;
};

class Instance {
 public:
  virtual ~Instance() = default;

  /// False for one that only says why there is no Worker.
  virtual bool answers() const = 0;
  /// Accepts on these sockets from now on, which must outlive it. Once it has started.
  virtual void serve(const std::vector<Descriptor>& sockets) = 0;
  /// Serves a connection that another instance had.
  virtual void adopt(Handover connection) = 0;
  /// Accepts no more and gives connections up between requests (`orphaned`). `drained` follows when
  /// the last request and background task are over, or `limit` has passed.
  virtual void retire(std::chrono::milliseconds limit) = 0;
  /// The same, and connections are closed.
  virtual void finish(std::chrono::milliseconds limit) = 0;
  /// Drops everything; `ended` follows soon, also when JavaScript was running. Nothing else may be
  /// called afterwards.
  virtual void end() = 0;

  /// Whether it sends `trace` messages from now on.
  virtual void set_tracing(bool enabled) = 0;
  /// Runs the Worker's scheduled handler; `time_ms` since 1970.
  virtual void run_scheduled(const std::string& cron, std::int64_t time_ms) = 0;

  /// How much CPU time the call into JavaScript that it is in has used since this was first asked
  /// during that call; nothing when it is idle. For a watchdog that asks at intervals: a Worker
  /// that waits (for a slow terminal, say) uses none.
  virtual std::optional<std::chrono::milliseconds> cpu_time_of_call() = 0;
  /// Asks the Python code of the call that cpu_time_of_call() told of to stop, by an exception. It
  /// may go on. The watchdog's thread.
  virtual void interrupt() = 0;
  /// Breaks off the JavaScript that is running; `lost` (or `start_failed`) follows with this
  /// reason.
  virtual void terminate(std::string reason) = 0;
};

}  // namespace cwrangler::server
