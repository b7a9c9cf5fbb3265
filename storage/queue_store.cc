#include "storage/queue_store.h"

#include <algorithm>

#include "storage/blob_files.h"
#include "storage/state_layout.h"

namespace cwrangler::storage {
namespace {

// The counts are kept beside the messages because each send tells them.
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS messages (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  queue TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  sent_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  is_taken INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  content_type TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_due ON messages(queue, is_taken, due_ms, sequence);
CREATE INDEX IF NOT EXISTS messages_sent ON messages(queue, sent_ms);
CREATE TABLE IF NOT EXISTS queues (
  name TEXT PRIMARY KEY,
  messages INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS count_in AFTER INSERT ON messages BEGIN
  INSERT INTO queues VALUES (new.queue, 1, length(new.body))
    ON CONFLICT DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER IF NOT EXISTS count_out AFTER DELETE ON messages BEGIN
  UPDATE queues SET messages = messages - 1, bytes = bytes - length(old.body)
    WHERE name = old.queue;
END;
CREATE TRIGGER IF NOT EXISTS count_moved AFTER UPDATE OF queue ON messages BEGIN
  UPDATE queues SET messages = messages - 1, bytes = bytes - length(old.body)
    WHERE name = old.queue;
  INSERT INTO queues VALUES (new.queue, 1, length(new.body))
    ON CONFLICT DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes;
END;
)";

Connection open(const std::filesystem::path& file) {
  Connection connection(file);
  connection.execute(kSchema);
  return connection;
}

/// Runs a statement that returns no rows, or whose rows do not matter.
void run(Statement& statement) {
  statement.step();
  statement.reset();
}

}  // namespace

QueueStore::QueueStore(const std::filesystem::path& state)
    : connection_(open(queues_file(state))),
      insert_(connection_.prepare("INSERT INTO messages (queue, id, sent_ms, due_ms, content_type, "
                                  "body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")),
      backlog_(connection_.prepare("SELECT messages, bytes FROM queues WHERE name = ?1")),
      oldest_(connection_.prepare("SELECT min(sent_ms) FROM messages WHERE queue = ?1")),
      due_(connection_.prepare("SELECT due_ms FROM messages WHERE queue = ?1 AND is_taken = 0 "
                               "ORDER BY due_ms, sequence LIMIT 1 OFFSET ?2")),
      ready_(connection_.prepare(
          // A cast, as rows that a person has put in may have texts.
          "SELECT sequence, id, sent_ms, attempts, content_type, coalesce(CAST(body AS BLOB), x'') "
          "FROM messages "
          "WHERE queue = ?1 AND is_taken = 0 AND due_ms <= ?2 ORDER BY due_ms, sequence LIMIT ?3")),
      mark_(connection_.prepare(
          "UPDATE messages SET is_taken = 1, attempts = attempts + 1 WHERE sequence = ?1")),
      taken_(connection_.prepare("SELECT id FROM messages WHERE queue = ?1 AND is_taken = 1")),
      attempts_(connection_.prepare(
          "SELECT attempts FROM messages WHERE id = ?1 AND queue = ?2 AND is_taken = 1")),
      acknowledge_(connection_.prepare(
          "DELETE FROM messages WHERE id = ?1 AND queue = ?2 AND is_taken = 1")),
      postpone_(connection_.prepare("UPDATE messages SET is_taken = 0, due_ms = ?2 WHERE id = ?1")),
      bury_(connection_.prepare("UPDATE messages SET queue = ?2, is_taken = 0, attempts = 0, "
                                "due_ms = ?3 WHERE id = ?1")) {}

std::vector<QueueBacklog> QueueStore::send(const std::vector<QueueSend>& calls, int64_t now_ms) {
  std::vector<QueueBacklog> backlogs;
  Transaction transaction(connection_);
  for (const QueueSend& call : calls) {
    for (const NewQueueMessage& message : call.messages) {
      insert_.reset();
      insert_.bind_text(1, call.queue);
      insert_.bind_text(2, random_hex(16));
      insert_.bind(3, now_ms);
      insert_.bind(4, now_ms + message.delay_ms);
      insert_.bind_text(5, message.content_type);
      insert_.bind(6, message.body);
      insert_.step();
    }
    backlogs.push_back(backlog(call.queue));
  }
  transaction.commit();
  return backlogs;
}

void QueueStore::purge(const std::string& queue) {
  Statement purge = connection_.prepare("DELETE FROM messages WHERE queue = ? AND is_taken = 0");
  purge.bind_text(1, queue);
  purge.step();
}

QueueBacklog QueueStore::backlog(const std::string& queue) {
  QueueBacklog found;
  backlog_.reset();
  backlog_.bind_text(1, queue);
  if (backlog_.step()) {
    found.messages = backlog_.integer(0);
    found.bytes = backlog_.integer(1);
  }
  backlog_.reset();
  oldest_.reset();
  oldest_.bind_text(1, queue);
  if (oldest_.step() && !oldest_.is_null(0)) found.oldest_ms = oldest_.integer(0);
  oldest_.reset();
  return found;
}

std::optional<int64_t> QueueStore::next_batch_ms(const std::string& queue, size_t size,
                                                 int64_t patience_ms) {
  const auto due_of = [&](size_t number) -> std::optional<int64_t> {
    due_.reset();
    due_.bind_text(1, queue);
    due_.bind(2, static_cast<int64_t>(number));
    std::optional<int64_t> due;
    if (due_.step()) due = due_.integer(0);
    due_.reset();
    return due;
  };
  const std::optional<int64_t> first = due_of(0);
  if (!first) return std::nullopt;
  const std::optional<int64_t> last = due_of(size - 1);
  return last ? std::min(*last, *first + patience_ms) : *first + patience_ms;
}

std::vector<QueueMessage> QueueStore::take(const std::string& queue, size_t size, int64_t now_ms) {
  std::vector<QueueMessage> messages;
  std::vector<int64_t> sequences;
  Transaction transaction(connection_);
  ready_.reset();
  ready_.bind_text(1, queue);
  ready_.bind(2, now_ms);
  ready_.bind(3, static_cast<int64_t>(size));
  while (ready_.step()) {
    sequences.push_back(ready_.integer(0));
    messages.push_back({ready_.text(1), ready_.integer(2), static_cast<int>(ready_.integer(3)) + 1,
                        ready_.text(4), std::get<Blob>(ready_.value(5))});
  }
  for (const int64_t sequence : sequences) {
    mark_.reset();
    mark_.bind(1, sequence);
    run(mark_);
  }
  transaction.commit();
  return messages;
}

std::vector<DeadMessage> QueueStore::settle(const std::string& queue,
                                            const QueueSettlement& settlement,
                                            const RetryRule& rule, int64_t now_ms) {
  std::vector<DeadMessage> dead;
  Transaction transaction(connection_);
  for (const std::string& id : settlement.acknowledged) {
    acknowledge_.reset();
    acknowledge_.bind_text(1, id);
    acknowledge_.bind_text(2, queue);
    run(acknowledge_);
  }
  for (const QueueSettlement::Retry& message : settlement.retried) {
    retry(queue, message, rule, now_ms, dead);
  }
  transaction.commit();
  return dead;
}

std::vector<DeadMessage> QueueStore::recover(const std::string& queue, const RetryRule& rule,
                                             int64_t now_ms) {
  std::vector<DeadMessage> dead;
  std::vector<std::string> ids;
  Transaction transaction(connection_);
  taken_.reset();
  taken_.bind_text(1, queue);
  while (taken_.step()) ids.push_back(taken_.text(0));
  for (const std::string& id : ids) retry(queue, {id, 0}, rule, now_ms, dead);
  transaction.commit();
  return dead;
}

void QueueStore::retry(const std::string& queue, const QueueSettlement::Retry& message,
                       const RetryRule& rule, int64_t now_ms, std::vector<DeadMessage>& dead) {
  attempts_.reset();
  attempts_.bind_text(1, message.id);
  attempts_.bind_text(2, queue);
  if (!attempts_.step()) return;
  const int attempts = static_cast<int>(attempts_.integer(0));
  attempts_.reset();
  if (attempts <= rule.max_retries) {
    postpone_.reset();
    postpone_.bind_text(1, message.id);
    postpone_.bind(2, now_ms + message.delay_ms);
    return run(postpone_);
  }
  dead.push_back({message.id, attempts});
  if (rule.dead_letter_queue.empty()) {
    acknowledge_.reset();
    acknowledge_.bind_text(1, message.id);
    acknowledge_.bind_text(2, queue);
    return run(acknowledge_);
  }
  bury_.reset();
  bury_.bind_text(1, message.id);
  bury_.bind_text(2, rule.dead_letter_queue);
  bury_.bind(3, now_ms);
  run(bury_);
}

}  // namespace cwrangler::storage
