// The queues of one folder of local state that are open in this process, with a thread of their
// own: what Workers send to them, and what their consumers get. All instances of Workers share
// them.

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/bindings/queues/queue_delivery.h"
#include "runtime/engine/work_thread.h"
#include "storage/queue_store.h"

namespace cwrangler::bindings {

/// All functions: any thread; what they are given is called on the queues' own. `problem`: empty
/// when all is well.
class OpenQueues {
 public:
  using Backlog = std::function<void(const storage::QueueBacklog&, const std::string& problem)>;

  explicit OpenQueues(std::filesystem::path state);
  OpenQueues(const OpenQueues&) = delete;
  OpenQueues& operator=(const OpenQueues&) = delete;
  ~OpenQueues() = default;

  /// `done` is called when the messages are on disk. Those that come while others are written are
  /// written together.
  void send(storage::QueueSend messages, Backlog done);
  void backlog(std::string queue, Backlog done);

  /// A number for QueueDelivery's owners.
  uint64_t new_owner();
  void take(uint64_t owner, std::string queue, QueueSettings settings, QueueDelivery::Report report,
            QueueDelivery::Receiver receiver);
  void settle(uint64_t batch, storage::QueueSettlement settlement, QueueDelivery::Settled done);
  void stop(uint64_t owner);
  void leave(uint64_t owner);

 private:
  struct Send {
    storage::QueueSend messages;
    Backlog done;
  };

  storage::QueueStore& store();
  void send_group(std::vector<Send> group);
  /// On the thread: hands out what is due, now and when more will be.
  void deliver();

  const std::filesystem::path state_;
  std::mutex mutex_;
  std::vector<Send> sending_;
  uint64_t latest_owner_ = 0;
  std::unique_ptr<storage::QueueStore> store_;  // the thread's, as the next one is
  QueueDelivery delivery_;
  engine::WorkThread thread_;  // last: its tasks use the others
};

/// `state`: the folder of local state; empty: one that is removed when this process ends.
std::shared_ptr<OpenQueues> open_queues(const std::string& state);

}  // namespace cwrangler::bindings
