// The store of queues' messages, with times of the test's own.

#include "storage/queue_store.h"

#include <doctest/doctest.h>

#include "tests/unit/cli/temporary_folder.h"

using namespace cwrangler::storage;
using cwrangler::test::TemporaryFolder;

namespace {

NewQueueMessage message(std::string_view body, int64_t delay_ms = 0) {
  return {"text", Blob(body.begin(), body.end()), delay_ms};
}

std::vector<std::string> bodies(const std::vector<QueueMessage>& messages) {
  std::vector<std::string> found;
  found.reserve(messages.size());
  for (const QueueMessage& each : messages) found.emplace_back(each.body.begin(), each.body.end());
  return found;
}

using Bodies = std::vector<std::string>;

}  // namespace

TEST_CASE("queue store: messages wait until they are due, and are handed out once") {
  const TemporaryFolder folder;
  QueueStore store(folder.path());
  const auto left = store.send({{"q", {message("later", 500), message("now")}},
                                {"other", {message("elsewhere")}},
                                {"q", {message("also now")}}},
                               1000);
  REQUIRE(left.size() == 3);
  CHECK(left[0].messages == 2);
  CHECK(left[0].bytes == 8);
  CHECK(left[2].messages == 3);
  CHECK(left[2].oldest_ms == 1000);

  const auto first = store.take("q", 10, 1499);
  CHECK(bodies(first) == Bodies{"now", "also now"});
  CHECK(first[0].attempts == 1);
  CHECK(first[0].sent_ms == 1000);
  CHECK(first[0].id != first[1].id);
  CHECK(store.take("q", 10, 1499).empty());
  CHECK(bodies(store.take("q", 10, 1500)) == Bodies{"later"});
  CHECK(store.backlog("q").messages == 3);
  CHECK(bodies(store.take("other", 10, 1500)) == Bodies{"elsewhere"});
}

TEST_CASE("queue store: a batch is complete when it is full, or its first message has waited") {
  const TemporaryFolder folder;
  QueueStore store(folder.path());
  CHECK(!store.next_batch_ms("q", 3, 5000));
  store.send({{"q", {message("a")}}}, 1000);
  CHECK(store.next_batch_ms("q", 3, 5000) == 6000);
  CHECK(store.next_batch_ms("q", 1, 5000) == 1000);
  store.send({{"q", {message("b"), message("c", 2000)}}}, 2000);
  CHECK(store.next_batch_ms("q", 2, 5000) == 2000);
  CHECK(store.next_batch_ms("q", 3, 5000) == 4000);
  store.take("q", 2, 2000);
  CHECK(store.next_batch_ms("q", 3, 5000) == 9000);
  CHECK(bodies(store.take("q", 100, 4000)) == Bodies{"c"});
  CHECK(!store.next_batch_ms("q", 3, 5000));
}

TEST_CASE("queue store: acknowledged messages go, others come again with their delay") {
  const TemporaryFolder folder;
  QueueStore store(folder.path());
  store.send({{"q", {message("a"), message("b"), message("c")}}}, 0);
  auto taken = store.take("q", 3, 0);
  const QueueSettlement settlement{{taken[0].id, "unknown"},
                                   {{taken[1].id, 0}, {taken[2].id, 1000}, {"unknown", 0}}};
  CHECK(store.settle("q", settlement, {}, 10).empty());
  CHECK(store.backlog("q").messages == 2);
  taken = store.take("q", 3, 1009);
  CHECK(bodies(taken) == Bodies{"b"});
  CHECK(taken[0].attempts == 2);
  taken = store.take("q", 3, 1010);
  CHECK(bodies(taken) == Bodies{"c"});
  // A second settlement of the same batch finds nothing of the first.
  CHECK(store.settle("q", settlement, {}, 2000).empty());
}

TEST_CASE("queue store: after the last retry messages are dropped, or move") {
  const TemporaryFolder folder;
  QueueStore store(folder.path());
  store.send({{"q", {message("a"), message("b")}}}, 5);
  const auto fail = [&store](const std::string& queue, const RetryRule& rule, int64_t now) {
    QueueSettlement all;
    for (const QueueMessage& each : store.take(queue, 1, now)) all.retried.push_back({each.id, 0});
    return store.settle(queue, all, rule, now);
  };
  CHECK(fail("q", {.max_retries = 0}, 10).size() == 1);
  CHECK(store.backlog("q").messages == 1);

  const RetryRule rule{.max_retries = 1, .dead_letter_queue = "dead"};
  CHECK(fail("q", rule, 20).empty());
  const auto dead = fail("q", rule, 30);
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].attempts == 2);
  CHECK(store.backlog("q").messages == 0);
  CHECK(store.backlog("q").bytes == 0);
  CHECK(store.backlog("dead").messages == 1);
  CHECK(store.backlog("dead").bytes == 1);
  const auto moved = store.take("dead", 10, 30);
  REQUIRE(bodies(moved) == Bodies{"b"});
  CHECK(moved[0].id == dead[0].id);
  CHECK(moved[0].attempts == 1);
  CHECK(moved[0].sent_ms == 5);
}

TEST_CASE("queue store: what was handed out when a process died is tried again, not for ever") {
  const TemporaryFolder folder;
  QueueStore(folder.path()).send({{"q", {message("a")}}}, 0);
  const RetryRule rule{.max_retries = 1, .dead_letter_queue = ""};
  for (int attempt = 1; attempt <= 2; ++attempt) {
    QueueStore store(folder.path());
    CHECK(store.recover("q", rule, 0).empty());
    const auto taken = store.take("q", 1, 0);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].attempts == attempt);
  }
  QueueStore store(folder.path());
  CHECK(store.recover("q", rule, 0).size() == 1);
  CHECK(store.backlog("q").messages == 0);
}

TEST_CASE("queue store: messages that somebody has put in by hand") {
  const TemporaryFolder folder;
  QueueStore store(folder.path());
  store.connection().execute(
      "INSERT INTO messages (queue, id, sent_ms, due_ms, content_type, body) "
      "VALUES ('q', 'mine', 0, 0, 'text', 'words')");
  CHECK(bodies(store.take("q", 1, 0)) == Bodies{"words"});
}
