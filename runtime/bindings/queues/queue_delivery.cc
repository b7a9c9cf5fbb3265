#include "runtime/bindings/queues/queue_delivery.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/state_layout.h"

namespace cwrangler::bindings {

using storage::DeadMessage;
using storage::QueueSettlement;
using storage::QueueStore;
using storage::RetryRule;

namespace {

/// How long another process's messages, or the end of the one that has the lock, may go unnoticed.
constexpr int64_t kLookAgainMs = 1000;

/// The lock of the file; none while another process has it.
Descriptor lock_file(const std::filesystem::path& file) {
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.valid()) throw system_error("opening " + file.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) throw system_error("locking " + file.string());
  return {};
}

}  // namespace

void QueueDelivery::take(uint64_t owner, const std::string& queue, QueueSettings settings,
                         Report report, Receiver receiver) {
  Consumer& consumer = consumers_[queue];
  consumer.settings = std::move(settings);
  consumer.report = std::move(report);
  consumer.waiting.push_back({owner, std::move(receiver)});
}

void QueueDelivery::settle(QueueStore& store, uint64_t batch, QueueSettlement settlement,
                           int64_t now_ms, const Settled& done) {
  const auto found = batches_.find(batch);
  std::string problem;
  if (found != batches_.end() && !found->second.unwritten) {
    try {
      finish(store, batch, settlement, now_ms);
    } catch (const Error& error) {
      found->second.unwritten = std::move(settlement);
      problem = error.problem();
    }
  }
  done(problem);
  forget_idle();
}

void QueueDelivery::stop(uint64_t owner) {
  for (auto& [queue, consumer] : consumers_) {
    const auto others =
        std::stable_partition(consumer.waiting.begin(), consumer.waiting.end(),
                              [owner](const Waiting& waiting) { return waiting.owner != owner; });
    std::vector<Waiting> stopped(std::make_move_iterator(others),
                                 std::make_move_iterator(consumer.waiting.end()));
    consumer.waiting.erase(others, consumer.waiting.end());
    for (const Waiting& waiting : stopped) waiting.receiver(std::nullopt, "");
  }
  forget_idle();
}

void QueueDelivery::leave(QueueStore& store, uint64_t owner, int64_t now_ms) {
  stop(owner);
  for (auto& [number, batch] : batches_) {
    if (batch.owner != owner || batch.unwritten) continue;
    QueueSettlement settlement;
    const int64_t delay = consumers_[batch.queue].settings.retry_delay_ms;
    for (const std::string& id : batch.ids) settlement.retried.push_back({id, delay});
    batch.unwritten = std::move(settlement);
  }
  write_down(store, now_ms);
  forget_idle();
}

void QueueDelivery::fail(const std::string& problem) {
  for (auto& [queue, consumer] : consumers_) {
    for (const Waiting& waiting : std::exchange(consumer.waiting, {})) {
      waiting.receiver(std::nullopt, problem);
    }
  }
  forget_idle();
}

std::optional<int64_t> QueueDelivery::run(QueueStore& store, int64_t now_ms) {
  write_down(store, now_ms);
  std::optional<int64_t> next;
  if (!batches_.empty() && std::any_of(batches_.begin(), batches_.end(), [](const auto& entry) {
        return entry.second.unwritten.has_value();
      })) {
    next = now_ms + kLookAgainMs;
  }
  for (auto& [queue, consumer] : consumers_) {
    const std::optional<int64_t> wanted = serve(store, queue, consumer, now_ms);
    if (wanted && (!next || *wanted < *next)) next = wanted;
  }
  return next;
}

/// Writes down what became of a batch, and forgets it. Throws what the store throws.
void QueueDelivery::finish(QueueStore& store, uint64_t number, const QueueSettlement& settlement,
                           int64_t now_ms) {
  const std::string queue = batches_.at(number).queue;
  Consumer& consumer = consumers_.at(queue);
  const RetryRule& rule = consumer.settings.retries;
  const std::vector<DeadMessage> dead = store.settle(queue, settlement, rule, now_ms);
  --consumer.batches;
  batches_.erase(number);
  if (!dead.empty()) consumer.report(rule, dead);
}

/// Tries again what could not be written down, or belongs to nobody any more.
void QueueDelivery::write_down(QueueStore& store, int64_t now_ms) {
  std::vector<uint64_t> unwritten;
  for (const auto& [number, batch] : batches_) {
    if (batch.unwritten) unwritten.push_back(number);
  }
  for (const uint64_t number : unwritten) {
    try {
      finish(store, number, QueueSettlement(*batches_.at(number).unwritten), now_ms);
    } catch (const Error&) {
      return;  // run() comes back to it
    }
  }
}

/// Whether this process hands out the queue's messages.
bool QueueDelivery::acquire(QueueStore& store, const std::string& queue, Consumer& consumer,
                            int64_t now_ms) {
  if (consumer.lock.valid()) return true;
  Descriptor lock = lock_file(storage::queue_lock_file(state_, queue));
  if (!lock.valid()) return false;
  const auto dead = store.recover(queue, consumer.settings.retries, now_ms);
  consumer.lock = std::move(lock);
  if (!dead.empty()) consumer.report(consumer.settings.retries, dead);
  return true;
}

/// Hands out what is due of one queue. Returns as run().
std::optional<int64_t> QueueDelivery::serve(QueueStore& store, const std::string& queue,
                                            Consumer& consumer, int64_t now_ms) {
  try {
    const QueueSettings& settings = consumer.settings;
    while (!consumer.waiting.empty() && consumer.batches < settings.max_concurrency) {
      if (!acquire(store, queue, consumer, now_ms)) return now_ms + kLookAgainMs;
      const std::optional<int64_t> due =
          store.next_batch_ms(queue, settings.max_batch_size, settings.max_batch_timeout_ms);
      if (!due || *due > now_ms) {
        return std::min(due.value_or(INT64_MAX), now_ms + kLookAgainMs);
      }
      hand_out(store, queue, consumer, now_ms);
    }
  } catch (const Error& error) {
    for (const Waiting& waiting : std::exchange(consumer.waiting, {})) {
      waiting.receiver(std::nullopt, error.problem());
    }
  }
  return std::nullopt;
}

void QueueDelivery::hand_out(QueueStore& store, const std::string& queue, Consumer& consumer,
                             int64_t now_ms) {
  QueueBatch batch;
  batch.backlog = store.backlog(queue);
  batch.messages = store.take(queue, consumer.settings.max_batch_size, now_ms);
  batch.number = ++latest_batch_;
  Waiting next = std::move(consumer.waiting.front());
  consumer.waiting.erase(consumer.waiting.begin());
  Batch& kept = batches_[batch.number];
  kept.owner = next.owner;
  kept.queue = queue;
  for (const storage::QueueMessage& message : batch.messages) kept.ids.push_back(message.id);
  ++consumer.batches;
  next.receiver(std::move(batch), "");
}

/// Lets other processes have the queues that nobody here asks for.
void QueueDelivery::forget_idle() {
  std::erase_if(consumers_, [](const auto& entry) {
    return entry.second.waiting.empty() && entry.second.batches == 0;
  });
}

}  // namespace cwrangler::bindings
