// Where an isolate does what takes too long for its own thread: passwords that are stretched, RSA
// keys that are searched for.

#pragma once

#include <atomic>

#include "runtime/engine/isolate.h"
#include "runtime/engine/work_thread.h"

namespace cwrangler::web {

/// State of an isolate, made when it is first needed. Results go back with a Delivery::Reply.
class CryptoThread {
 public:
  static CryptoThread& of(engine::Isolate& isolate);

  CryptoThread() = default;
  CryptoThread(const CryptoThread&) = delete;
  CryptoThread& operator=(const CryptoThread&) = delete;
  /// Waits for the task under way; those that have not begun are dropped.
  ~CryptoThread();

  /// From the isolate's thread. Must not throw.
  void post(engine::WorkThread::Task task);

  /// Nobody waits for results any more: a long task reads it now and then. Any thread.
  const std::atomic<bool>& stopping() const { return stopping_; }

 private:
  std::atomic<bool> stopping_{false};
  engine::WorkThread thread_;  // last: its tasks use the other
};

}  // namespace cwrangler::web
