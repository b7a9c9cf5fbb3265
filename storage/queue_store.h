// The messages of all queues, until they are acknowledged:
// https://developers.cloudflare.com/queues/reference/how-queues-works/
//
// One file for all of them, so that a message moves to a dead letter queue in one transaction. A
// message that is handed out stays in its place, marked: a process that dies with it leaves it to
// whoever hands out the queue's messages next.
//
// Times are milliseconds since 1970 and come from the caller. A store belongs to one thread at a
// time; several processes may have one open, but one only may call take() and what follows it for
// a queue at a time (queue_delivery.h sees to it).

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "storage/sqlite.h"

namespace cwrangler::storage {

/// A message on its way into a queue.
struct NewQueueMessage {
  std::string content_type;  ///< json, text, bytes or v8: how the body was written
  Blob body;
  int64_t delay_ms = 0;  ///< how long it is kept back
};

/// Messages that are sent by one call: all of them are, or none.
struct QueueSend {
  std::string queue;
  std::vector<NewQueueMessage> messages;
};

/// A message on its way out.
struct QueueMessage {
  std::string id;
  int64_t sent_ms = 0;
  int attempts = 0;  ///< how often it was handed out, this time included
  std::string content_type;
  Blob body;
};

/// What waits in a queue, what was handed out included.
struct QueueBacklog {
  int64_t messages = 0;
  int64_t bytes = 0;
  std::optional<int64_t> oldest_ms;  ///< when the first of them was sent
};

/// How often messages are tried, and where those go that were tried too often.
struct RetryRule {
  int max_retries = 3;
  std::string dead_letter_queue = {};  ///< empty: they are dropped
};

/// What became of messages that were handed out.
struct QueueSettlement {
  struct Retry {
    std::string id;
    int64_t delay_ms = 0;
  };
  std::vector<std::string> acknowledged;
  std::vector<Retry> retried;
};

/// A message that was tried too often.
struct DeadMessage {
  std::string id;
  int attempts = 0;
};

class QueueStore {
 public:
  /// Opens the queues below the folder of local state, and makes the file when it is not there.
  explicit QueueStore(const std::filesystem::path& state);

  /// All of the calls' messages, or none when it throws. They are on disk when it returns the
  /// backlog that each of the calls has left.
  std::vector<QueueBacklog> send(const std::vector<QueueSend>& calls, int64_t now_ms);

  QueueBacklog backlog(const std::string& queue);

  /// Forgets all messages that nobody was handed.
  void purge(const std::string& queue);

  /// When the next batch is complete: as soon as `size` messages are due, or the first of them has
  /// been due for `patience_ms`. Nothing when there is no message to hand out.
  std::optional<int64_t> next_batch_ms(const std::string& queue, size_t size, int64_t patience_ms);

  /// Hands out up to `size` messages that are due, in the order in which they became so.
  std::vector<QueueMessage> take(const std::string& queue, size_t size, int64_t now_ms);

  /// Ends what take() began. Ids that are not handed out are ignored. Returns those messages that
  /// were to be tried again and may not.
  std::vector<DeadMessage> settle(const std::string& queue, const QueueSettlement& settlement,
                                  const RetryRule& rule, int64_t now_ms);

  /// Tries all messages again that somebody was handed and has died with. Returns as settle().
  std::vector<DeadMessage> recover(const std::string& queue, const RetryRule& rule, int64_t now_ms);

  Connection& connection() { return connection_; }

 private:
  void retry(const std::string& queue, const QueueSettlement::Retry& message, const RetryRule& rule,
             int64_t now_ms, std::vector<DeadMessage>& dead);

  Connection connection_;
  Statement insert_;
  Statement backlog_;
  Statement oldest_;
  Statement due_;
  Statement ready_;
  Statement mark_;
  Statement taken_;
  Statement attempts_;
  Statement acknowledge_;
  Statement postpone_;
  Statement bury_;
};

}  // namespace cwrangler::storage
