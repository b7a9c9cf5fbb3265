// Results of other threads, brought to an isolate's promises.

#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"
#include "runtime/engine/pending_promise.h"
#include "runtime/engine/script_scope.h"
#include "runtime/web/promise_table.h"

namespace cwrangler::web {

/// State of an isolate. Promises live here, on the isolate's thread; other threads hold a Reply.
class Delivery {
  struct Shared;

 public:
  /// Settles one promise; on the isolate's thread, inside a ScriptScope.
  using Settle = std::function<void(engine::ScriptScope&, engine::PendingPromise&)>;

  /// The other end of one promise. Copyable; used once, on any thread.
  class Reply {
   public:
    /// Has `settle` run. Nothing happens when the isolate has gone.
    void send(Settle settle) const;
    /// Rejects with an Error.
    void fail(std::string message) const;

   private:
    friend class Delivery;
    std::shared_ptr<Shared> shared_;
    uint64_t promise_ = 0;
  };

  explicit Delivery(engine::Isolate& isolate);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  ~Delivery();

  /// Makes the promise that the op under way returns.
  Reply promise(engine::Call call);

 private:
  struct Shared {
    std::mutex mutex;
    Delivery* delivery = nullptr;  // null when it has gone
  };

  engine::Isolate& isolate_;
  PromiseTable promises_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace cwrangler::web
