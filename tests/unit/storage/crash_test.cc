// kill -9 at any moment loses nothing that was acknowledged and corrupts nothing: 200 times for
// each store, a process that writes and reports each write that has returned is killed.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <random>

#include "storage/d1_database.h"
#include "storage/kv_store.h"
#include "storage/queue_store.h"
#include "storage/r2_bucket.h"
#include "tests/unit/cli/temporary_folder.h"

using namespace cwrangler::storage;
using cwrangler::test::TemporaryFolder;

namespace {

constexpr int kKills = 200;

/// Runs `write(1)`, `write(2)`, … in a process of its own and kills it after some milliseconds.
/// Returns the number of the last write that had returned.
int write_until_killed(const std::function<std::function<void(int)>()>& open, int milliseconds) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t writer = ::fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    ::close(ends[0]);
    const auto write = open();
    for (int number = 1;; ++number) {
      write(number);
      if (::write(ends[1], &number, sizeof number) != sizeof number) ::_exit(1);
    }
  }
  ::close(ends[1]);
  int last = 0;
  int number = 0;
  // From the first acknowledged write on, so that a slow start is not all that is tested.
  if (::read(ends[0], &number, sizeof number) == sizeof number) last = number;
  ::usleep(static_cast<useconds_t>(milliseconds) * 1000);
  ::kill(writer, SIGKILL);
  while (::read(ends[0], &number, sizeof number) == sizeof number) last = number;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(writer, &status, 0);
  CHECK(WIFSIGNALED(status));
  return last;
}

std::string check_integrity(Connection& connection) {
  Statement check = connection.prepare("PRAGMA integrity_check");
  return check.step() ? check.text(0) : "no answer";
}

}  // namespace

TEST_CASE("KV store: kill -9 under write load loses nothing acknowledged") {
  const TemporaryFolder folder;
  std::mt19937 random(1);
  int lost = 0;
  int acknowledged = 0;
  for (int round = 0; round < kKills; ++round) {
    const auto key = [round](int number) {
      return std::to_string(round) + "/" + std::to_string(number);
    };
    // Small values, and now and then one that is flushed by itself.
    const auto value = [](int number) {
      return Blob(number % 7 == 0 ? 70'000 : 100, static_cast<uint8_t>(number));
    };
    const int last = write_until_killed(
        [&] {
          auto store = std::make_shared<KvStore>(folder.path(), "ns");
          return [=](int number) {
            store->apply({{{{key(number), {}, {}}, value(number)}, false},
                          {{{"always", {}, {}}, value(number)}, false}});
          };
        },
        static_cast<int>(random() % 10));
    acknowledged += last;
    KvStore store(folder.path(), "ns");
    REQUIRE(check_integrity(store.connection()) == "ok");
    for (int number = 1; number <= last; ++number) {
      const auto found = store.get(key(number), 0);
      if (!found || found->value != value(number)) ++lost;
    }
    if (last > 0 && !store.get("always", 0)) ++lost;
  }
  CHECK(lost == 0);
  MESSAGE(acknowledged << " writes were acknowledged in " << kKills << " rounds");
}

TEST_CASE("R2 bucket: kill -9 under write load loses nothing acknowledged") {
  const TemporaryFolder folder;
  std::mt19937 random(3);
  int lost = 0;
  int acknowledged = 0;
  const auto put = [](R2Bucket& bucket, const std::string& key, const Blob& value) {
    R2Upload upload(bucket.folders());
    upload.write(value);
    upload.finish();
    R2Object object;
    object.key = key;
    bucket.put(object, upload, {});
  };
  const auto read = [](R2Bucket& bucket, const std::string& key) {
    const auto found = bucket.get(key, {}, {});
    return found ? R2Reader(found->pieces).read(1 << 20) : Blob();
  };
  for (int round = 0; round < kKills; ++round) {
    const auto key = [round](int number) {
      return std::to_string(round) + "/" + std::to_string(number);
    };
    const auto value = [](int number) {
      return Blob(number % 7 == 0 ? 300'000 : 100, static_cast<uint8_t>(number));
    };
    const int last = write_until_killed(
        [&] {
          auto bucket = std::make_shared<R2Bucket>(folder.path(), "files");
          return [=](int number) {
            put(*bucket, key(number), value(number));
            put(*bucket, "always", value(number));
          };
        },
        static_cast<int>(random() % 10));
    acknowledged += last;
    R2Bucket bucket(folder.path(), "files");
    REQUIRE(check_integrity(bucket.connection()) == "ok");
    for (int number = 1; number <= last; ++number) {
      if (read(bucket, key(number)) != value(number)) ++lost;
    }
    if (last > 0 && read(bucket, "always").empty()) ++lost;
    // Nothing is left of what was cut off: a file for each row, and no more.
    Statement rows = bucket.connection().prepare("SELECT count(*) FROM _mf_objects");
    rows.step();
    const auto files = std::distance(std::filesystem::directory_iterator(bucket.folders().blobs),
                                     std::filesystem::directory_iterator());
    REQUIRE(files == rows.integer(0));
    REQUIRE(std::filesystem::is_empty(bucket.folders().pending));
  }
  CHECK(lost == 0);
  MESSAGE(acknowledged << " writes were acknowledged in " << kKills << " rounds");
}

TEST_CASE("D1 database: kill -9 under write load loses nothing acknowledged") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "d1.sqlite";
  D1Database(file).run({{"CREATE TABLE t (round INT, number INT, text TEXT)", {}},
                        {"CREATE INDEX i ON t (round, number)", {}}});
  std::mt19937 random(2);
  int64_t lost = 0;
  int64_t acknowledged = 0;
  for (int round = 0; round < kKills; ++round) {
    const auto number_of_round = static_cast<double>(round);
    const int last = write_until_killed(
        [&] {
          auto database = std::make_shared<D1Database>(file);
          return [=](int number) {
            const std::vector<SqlValue> row{number_of_round, static_cast<double>(number),
                                            std::string(200, 'x')};
            database->run({{"INSERT INTO t VALUES (?, ?, ?)", row},
                           {"UPDATE t SET text = 'y' WHERE round = ? AND number = ?",
                            {number_of_round, static_cast<double>(number)}}});
          };
        },
        static_cast<int>(random() % 10));
    acknowledged += last;
    D1Database database(file);
    REQUIRE(check_integrity(database.connection()) == "ok");
    const auto count = database
                           .run({{"SELECT count(*) FROM t WHERE round = ? AND number <= ? AND "
                                  "text = 'y'",
                                  {number_of_round, static_cast<double>(last)}}})
                           .front();
    lost += last - std::get<int64_t>(count.cells.front());
    // A batch that was cut off left nothing of itself.
    const auto half = database.run({{"SELECT count(*) FROM t WHERE text <> 'y'", {}}}).front();
    lost += std::get<int64_t>(half.cells.front());
  }
  CHECK(lost == 0);
  MESSAGE(acknowledged << " writes were acknowledged in " << kKills << " rounds");
}

TEST_CASE("queues: kill -9 under write load loses nothing acknowledged") {
  const TemporaryFolder folder;
  std::mt19937 random(4);
  int64_t lost = 0;
  int64_t acknowledged = 0;
  for (int round = 0; round < kKills; ++round) {
    const std::string queue = std::to_string(round);
    const auto message = [](int number) {
      const std::string text = std::to_string(number);
      return NewQueueMessage{"text", Blob(text.begin(), text.end()), 0};
    };
    // Between the sends it consumes: what was handed out is not lost either.
    const int last = write_until_killed(
        [&] {
          auto store = std::make_shared<QueueStore>(folder.path());
          return [=](int number) {
            store->send({{queue, {message(number)}}, {"always", {message(number)}}}, number);
            QueueSettlement settlement;
            for (const QueueMessage& taken : store->take("always", 2, number)) {
              settlement.acknowledged.push_back(taken.id);
            }
            if (number % 3 == 0) store->take(queue, 1, number);
            store->settle("always", settlement, {}, number);
          };
        },
        static_cast<int>(random() % 10));
    acknowledged += last;
    QueueStore store(folder.path());
    REQUIRE(check_integrity(store.connection()) == "ok");
    store.recover(queue, {}, 0);
    store.recover("always", {}, 0);
    std::vector<bool> found(static_cast<size_t>(last) + 1);
    const int64_t backlog = store.backlog(queue).messages;
    const auto messages = store.take(queue, static_cast<size_t>(backlog) + 1, 1'000'000);
    REQUIRE(static_cast<int64_t>(messages.size()) == backlog);
    for (const QueueMessage& taken : messages) {
      const auto number = std::stoul(std::string(taken.body.begin(), taken.body.end()));
      if (number < found.size()) found[number] = true;
    }
    for (int number = 1; number <= last; ++number) {
      if (!found[static_cast<size_t>(number)]) ++lost;
    }
  }
  CHECK(lost == 0);
  MESSAGE(acknowledged << " sends were acknowledged in " << kKills << " rounds");
}
