// Who gets which messages of a queue, and when, by a clock of the test's own.

#include "runtime/bindings/queues/queue_delivery.h"

#include <doctest/doctest.h>

#include "tests/unit/cli/temporary_folder.h"

using namespace cwrangler::bindings;
using namespace cwrangler::storage;
using cwrangler::test::TemporaryFolder;

namespace {

/// A process that has the queues open.
class Process {
 public:
  explicit Process(const std::filesystem::path& state) : store(state), delivery(state) {}

  void send(int count, int64_t now, int64_t delay_ms = 0) {
    const NewQueueMessage message{"text", Blob{'m'}, delay_ms};
    store.send({{"q", {static_cast<size_t>(count), message}}}, now);
  }

  void take(uint64_t owner, const QueueSettings& settings) {
    delivery.take(
        owner, "q", settings, [this](const RetryRule&, const auto& list) { dead += list.size(); },
        [this, owner](std::optional<QueueBatch> batch, const std::string&) {
          if (!batch) return void(++refused);
          owners.push_back(owner);
          batches.push_back(std::move(*batch));
        });
  }

  std::optional<int64_t> run(int64_t now) { return delivery.run(store, now); }

  void acknowledge(size_t index, int64_t now) {
    QueueSettlement all;
    for (const QueueMessage& message : batches.at(index).messages) {
      all.acknowledged.push_back(message.id);
    }
    delivery.settle(store, batches.at(index).number, all, now, [](const auto&) {});
  }

  QueueStore store;
  size_t dead = 0;
  std::vector<uint64_t> owners;  // of the batches
  std::vector<QueueBatch> batches;
  int refused = 0;
  QueueDelivery delivery;
};

}  // namespace

TEST_CASE("queue delivery: a batch waits for its messages, but not for ever") {
  const TemporaryFolder folder;
  Process process(folder.path());
  const QueueSettings settings{.max_batch_size = 2, .max_batch_timeout_ms = 500};
  process.take(1, settings);
  process.send(1, 1000);
  CHECK(process.run(1000) == 1500);
  CHECK(process.batches.empty());
  CHECK(process.run(1500) == std::nullopt);
  REQUIRE(process.batches.size() == 1);
  CHECK(process.batches[0].messages.size() == 1);
  CHECK(process.batches[0].backlog.messages == 1);

  process.take(1, settings);
  process.send(3, 2000);
  process.run(2000);
  REQUIRE(process.batches.size() == 2);
  CHECK(process.batches[1].messages.size() == 2);
}

TEST_CASE("queue delivery: delayed messages are looked for when they are due") {
  const TemporaryFolder folder;
  Process process(folder.path());
  process.take(1, {.max_batch_timeout_ms = 0});
  process.send(1, 0, 300);
  CHECK(process.run(0) == 300);
  CHECK(process.batches.empty());
  process.run(300);
  CHECK(process.batches.size() == 1);
}

TEST_CASE("queue delivery: instances take turns, and no message has two of them") {
  const TemporaryFolder folder;
  Process process(folder.path());
  const QueueSettings settings{.max_batch_size = 1, .max_batch_timeout_ms = 0};
  process.send(4, 0);
  process.take(1, settings);
  process.take(2, settings);
  process.run(0);
  process.take(1, settings);
  process.take(2, settings);
  process.run(0);
  CHECK(process.owners == std::vector<uint64_t>{1, 2, 1, 2});
  CHECK(process.store.take("q", 10, 0).empty());
}

TEST_CASE("queue delivery: no more batches are handled at once than allowed") {
  const TemporaryFolder folder;
  Process process(folder.path());
  const QueueSettings settings{
      .max_batch_size = 1, .max_batch_timeout_ms = 0, .max_concurrency = 2};
  process.send(5, 0);
  for (uint64_t owner = 1; owner <= 4; ++owner) process.take(owner, settings);
  CHECK(process.run(0) == std::nullopt);
  CHECK(process.batches.size() == 2);
  process.acknowledge(0, 0);
  process.run(0);
  CHECK(process.batches.size() == 3);
}

TEST_CASE("queue delivery: what an instance leaves comes again, with its attempts counted") {
  const TemporaryFolder folder;
  Process process(folder.path());
  const QueueSettings settings{
      .max_batch_timeout_ms = 0, .retry_delay_ms = 100, .retries = {.max_retries = 1}};
  process.send(2, 0);
  process.take(1, settings);
  process.run(0);
  process.take(2, settings);
  process.delivery.leave(process.store, 1, 0);
  CHECK(process.run(0) == 100);
  process.run(100);
  REQUIRE(process.batches.size() == 2);
  CHECK(process.batches[1].messages.size() == 2);
  CHECK(process.batches[1].messages[0].attempts == 2);
  process.acknowledge(0, 100);  // what the first instance had is not its own any more
  CHECK(process.store.backlog("q").messages == 2);

  process.delivery.leave(process.store, 2, 200);
  CHECK(process.dead == 2);
  CHECK(process.store.backlog("q").messages == 0);
}

TEST_CASE("queue delivery: who stops gets no more, and finishes what it has") {
  const TemporaryFolder folder;
  Process process(folder.path());
  const QueueSettings settings{.max_batch_size = 1, .max_batch_timeout_ms = 0};
  process.send(2, 0);
  process.take(1, settings);
  process.run(0);
  process.take(1, settings);
  process.delivery.stop(1);
  CHECK(process.refused == 1);
  process.run(0);
  CHECK(process.batches.size() == 1);
  process.acknowledge(0, 0);
  CHECK(process.store.backlog("q").messages == 1);
}

TEST_CASE("queue delivery: one process hands out a queue's messages, and another goes on") {
  const TemporaryFolder folder;
  auto first = std::make_unique<Process>(folder.path());
  Process second(folder.path());
  const QueueSettings settings{.max_batch_size = 1, .max_batch_timeout_ms = 0};
  first->send(1, 0);
  first->take(1, settings);
  first->run(0);
  REQUIRE(first->batches.size() == 1);
  second.send(1, 0);
  second.take(1, settings);
  CHECK(second.run(0) == 1000);
  CHECK(second.batches.empty());

  first.reset();  // dies with a batch
  second.run(1000);
  second.take(1, settings);
  second.run(1000);
  REQUIRE(second.batches.size() == 2);
  CHECK(second.batches[0].messages[0].attempts + second.batches[1].messages[0].attempts == 3);
}

TEST_CASE("queue delivery: a settlement that cannot be written down is tried again") {
  const TemporaryFolder folder;
  Process process(folder.path());
  process.send(1, 0);
  process.take(1, {.max_batch_timeout_ms = 0});
  process.run(0);
  Connection& connection = process.store.connection();
  connection.execute("PRAGMA query_only = 1");
  std::string problem;
  QueueSettlement settlement{{process.batches[0].messages[0].id}, {}};
  process.delivery.settle(process.store, process.batches[0].number, settlement, 0,
                          [&](const std::string& text) { problem = text; });
  CHECK(!problem.empty());
  CHECK(process.run(0) == 1000);
  connection.execute("PRAGMA query_only = 0");
  process.run(1000);
  CHECK(process.store.backlog("q").messages == 0);
}
