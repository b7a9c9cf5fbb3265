#include "runtime/bindings/queues/open_queues.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace cwrangler::bindings {

using storage::QueueBacklog;
using storage::QueueSend;

namespace {

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

OpenQueues::OpenQueues(std::filesystem::path state) : state_(std::move(state)), delivery_(state_) {}

/// Throws what opening throws; the next call tries again.
storage::QueueStore& OpenQueues::store() {
  if (!store_) store_ = std::make_unique<storage::QueueStore>(state_);
  return *store_;
}

void OpenQueues::send(QueueSend messages, Backlog done) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = sending_.empty();
    sending_.push_back({std::move(messages), std::move(done)});
  }
  // Who comes after the first finds the task posted already.
  if (!is_first) return;
  thread_.post([this] {
    std::vector<Send> group;
    {
      const std::lock_guard lock(mutex_);
      group.swap(sending_);
    }
    send_group(std::move(group));
    deliver();
  });
}

void OpenQueues::send_group(std::vector<Send> group) {
  const auto write = [this](const std::vector<QueueSend>& calls, std::vector<QueueBacklog>& left) {
    try {
      left = store().send(calls, now_ms());
      return std::string();
    } catch (const Error& error) {
      return error.problem();
    }
  };
  std::vector<QueueBacklog> left;
  if (group.size() > 1) {
    std::vector<QueueSend> calls;
    calls.reserve(group.size());
    for (const Send& send : group) calls.push_back(send.messages);
    if (write(calls, left).empty()) {
      for (size_t i = 0; i < group.size(); ++i) group[i].done(left[i], "");
      return;
    }
    // One of them spoilt it for all: each by itself.
  }
  for (Send& send : group) {
    left.assign(1, {});
    const std::string problem = write({std::move(send.messages)}, left);
    send.done(left.front(), problem);
  }
}

void OpenQueues::backlog(std::string queue, Backlog done) {
  thread_.post([this, queue = std::move(queue), done = std::move(done)] {
    try {
      done(store().backlog(queue), "");
    } catch (const Error& error) {
      done({}, error.problem());
    }
  });
}

uint64_t OpenQueues::new_owner() {
  const std::lock_guard lock(mutex_);
  return ++latest_owner_;
}

void OpenQueues::take(uint64_t owner, std::string queue, QueueSettings settings,
                      QueueDelivery::Report report, QueueDelivery::Receiver receiver) {
  thread_.post([this, owner, queue = std::move(queue), settings = std::move(settings),
                report = std::move(report), receiver = std::move(receiver)] {
    delivery_.take(owner, queue, settings, report, receiver);
    deliver();
  });
}

void OpenQueues::settle(uint64_t batch, storage::QueueSettlement settlement,
                        QueueDelivery::Settled done) {
  thread_.post([this, batch, settlement = std::move(settlement), done = std::move(done)] {
    try {
      delivery_.settle(store(), batch, settlement, now_ms(), done);
    } catch (const Error& error) {
      done(error.problem());
    }
    deliver();
  });
}

void OpenQueues::stop(uint64_t owner) {
  thread_.post([this, owner] { delivery_.stop(owner); });
}

void OpenQueues::leave(uint64_t owner) {
  thread_.post([this, owner] {
    try {
      delivery_.leave(store(), owner, now_ms());
    } catch (const Error& error) {
      // Without a store nothing was handed out.
      spdlog::debug("no queues: {}", error.problem());
    }
    deliver();
  });
}

void OpenQueues::deliver() {
  std::optional<int64_t> next;
  const int64_t now = now_ms();
  try {
    next = delivery_.run(store(), now);
  } catch (const Error& error) {
    delivery_.fail(error.problem());
  }
  if (next) thread_.set_alarm(std::chrono::milliseconds(*next - now), [this] { deliver(); });
}

}  // namespace cwrangler::bindings
