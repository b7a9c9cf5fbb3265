// Which consumer gets which messages, and when:
// https://developers.cloudflare.com/queues/configuration/batching-retries/
//
// Consumers ask for one batch at a time and may ask for the next while they handle it; those of
// several instances of a Worker take turns. One process hands out a queue's messages at a time: it
// holds the lock of a file, which the system takes from it when it dies, and whoever has the lock
// next tries again what was handed out before.
//
// Nothing here waits: run() says when it wants to be called again. Times are milliseconds since
// 1970 and come from the caller. One thread at a time.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "storage/queue_store.h"

namespace cwrangler::bindings {

/// A consumer's settings; the defaults are Cloudflare's.
struct QueueSettings {
  size_t max_batch_size = 10;
  int64_t max_batch_timeout_ms = 5000;  ///< how long a batch is waited for once a message is due
  /// The most batches that are handled at once. Production goes up to 250 as a backlog grows.
  size_t max_concurrency = 10;
  int64_t retry_delay_ms = 0;  ///< for messages of consumers that have gone
  storage::RetryRule retries = {};
};

/// What one call of a queue handler gets.
struct QueueBatch {
  uint64_t number = 0;
  std::vector<storage::QueueMessage> messages;
  storage::QueueBacklog backlog;
};

class QueueDelivery {
 public:
  /// Gets a batch, or nothing when there will be none: after stop(), leave() or a failure that
  /// `problem` tells of.
  using Receiver = std::function<void(std::optional<QueueBatch>, const std::string& problem)>;
  /// Is told of messages that were tried too often; by whoever calls the functions below.
  using Report = std::function<void(const storage::RetryRule& rule,
                                    const std::vector<storage::DeadMessage>& dead)>;

  explicit QueueDelivery(std::filesystem::path state) : state_(std::move(state)) {}

  /// Asks for a batch. `owner`: whose it will be. Settings and report of who asked last count.
  void take(uint64_t owner, const std::string& queue, QueueSettings settings, Report report,
            Receiver receiver);

  /// What became of a batch. When it cannot be written down, `done` is told at once and run()
  /// tries again: until it is, the messages are neither lost nor handed out again.
  using Settled = std::function<void(const std::string& problem)>;
  void settle(storage::QueueStore& store, uint64_t batch, storage::QueueSettlement settlement,
              int64_t now_ms, const Settled& done);

  /// This owner wants no more batches.
  void stop(uint64_t owner);
  /// This owner is gone; its batches are tried again.
  void leave(storage::QueueStore& store, uint64_t owner, int64_t now_ms);

  /// Tells all who wait that there will be no batch.
  void fail(const std::string& problem);

  /// Hands out what is due. Returns when to call it again, at the latest; nothing while nobody
  /// waits.
  std::optional<int64_t> run(storage::QueueStore& store, int64_t now_ms);

 private:
  struct Waiting {
    uint64_t owner = 0;
    Receiver receiver;
  };
  struct Consumer {
    QueueSettings settings;
    Report report;
    std::vector<Waiting> waiting;  // who asked first is first
    size_t batches = 0;            // that are being handled
    Descriptor lock;
  };
  struct Batch {
    uint64_t owner = 0;
    std::string queue;
    std::vector<std::string> ids;
    std::optional<storage::QueueSettlement> unwritten;  // what settle() could not write down
  };

  void finish(storage::QueueStore& store, uint64_t number,
              const storage::QueueSettlement& settlement, int64_t now_ms);
  void write_down(storage::QueueStore& store, int64_t now_ms);
  bool acquire(storage::QueueStore& store, const std::string& queue, Consumer& consumer,
               int64_t now_ms);
  std::optional<int64_t> serve(storage::QueueStore& store, const std::string& queue,
                               Consumer& consumer, int64_t now_ms);
  void hand_out(storage::QueueStore& store, const std::string& queue, Consumer& consumer,
                int64_t now_ms);
  void forget_idle();

  const std::filesystem::path state_;
  std::map<std::string, Consumer> consumers_;  // by queue
  std::map<uint64_t, Batch> batches_;          // that are being handled
  uint64_t latest_batch_ = 0;
};

}  // namespace cwrangler::bindings
