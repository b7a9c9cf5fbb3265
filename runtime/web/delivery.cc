#include "runtime/web/delivery.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace cwrangler::web {

using engine::PendingPromise;
using engine::ScriptScope;

Delivery::Delivery(engine::Isolate& isolate) : isolate_(isolate) {
  shared_->delivery = this;
}

Delivery::~Delivery() {
  const std::lock_guard lock(shared_->mutex);
  shared_->delivery = nullptr;
}

Delivery::Reply Delivery::promise(engine::Call call) {
  Reply reply;
  reply.shared_ = shared_;
  reply.promise_ = promises_.add(call);
  return reply;
}

void Delivery::Reply::send(Settle settle) const {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->delivery == nullptr) return;
  boost::asio::post(shared_->delivery->isolate_.loop(),
                    [shared = shared_, number = promise_, settle = std::move(settle)] {
                      // On the thread that ends the delivery: it cannot go meanwhile.
                      Delivery* const delivery = shared->delivery;
                      if (delivery == nullptr) return;
                      ScriptScope scope(delivery->isolate_);
                      PendingPromise promise = delivery->promises_.take(number);
                      settle(scope, promise);
                    });
}

void Delivery::Reply::fail(std::string message) const {
  send([message = std::move(message)](ScriptScope&, PendingPromise& promise) {
    promise.reject(message);
  });
}

}  // namespace cwrangler::web
