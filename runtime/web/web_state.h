// What the ops of this folder keep for each isolate.

#pragma once

#include <v8.h>

#include <chrono>
#include <deque>

#include "runtime/web/web_ops.h"

namespace cwrangler::web {

struct WebState {
  LogSink log;
  /// Time zero of performance.now().
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point started_wall = std::chrono::system_clock::now();
  /// Functions that each wait for a turn of the event loop (ops.queueTask). Kept here and not in
  /// the loop's handlers, which outlive the isolate's handles.
  std::deque<v8::Global<v8::Function>> tasks;
};

}  // namespace cwrangler::web
