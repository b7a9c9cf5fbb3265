// Promises of operations that the event loop finishes. They are kept in a table that belongs to the
// isolate's state, and the operation knows the number only: an operation that never ends is dropped
// with the event loop, after the isolate has gone, and a promise must not live that long.

#pragma once

#include <cstdint>
#include <unordered_map>

#include "runtime/engine/ops.h"
#include "runtime/engine/pending_promise.h"

namespace cwrangler::web {

class PromiseTable {
 public:
  /// Makes the promise that the op under way returns. The result is for take().
  uint64_t add(engine::Call call) {
    engine::PendingPromise promise(call.GetIsolate());
    call.GetReturnValue().Set(promise.promise());
    promises_.emplace(++last_, std::move(promise));
    return last_;
  }

  /// The promise, to be settled at once. Inside a ScriptScope; once for each add().
  engine::PendingPromise take(uint64_t number) {
    return std::move(promises_.extract(number).mapped());
  }

 private:
  std::unordered_map<uint64_t, engine::PendingPromise> promises_;
  uint64_t last_ = 0;
};

}  // namespace cwrangler::web
