#include "runtime/bindings/stores.h"

#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/unit/cli/temporary_folder.h"

using cwrangler::bindings::open_dataset;
using cwrangler::bindings::open_namespace;
using cwrangler::engine::WorkThread;
using cwrangler::storage::AnalyticsStore;
using cwrangler::storage::Blob;
using cwrangler::storage::KvChange;
using cwrangler::storage::KvStore;
using cwrangler::test::TemporaryFolder;

namespace {

std::atomic<int> flushes{0};

KvChange put(const std::string& key) {
  return {{{key, {}, {}}, Blob(1000, 'x')}, false};
}

}  // namespace

// In front of the C library's: everything of this program that flushes is counted.
extern "C" int fsync(int descriptor) {
  ++flushes;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
extern "C" int fdatasync(int descriptor) {
  ++flushes;
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

TEST_CASE("KV: 32 puts that wait together cost about one flush") {
  const TemporaryFolder folder;
  const auto space = open_namespace(folder.path(), "ns");
  std::promise<void> begin;
  std::shared_future<void> begun = begin.get_future().share();
  std::promise<void> opened;
  space->post(
      [&opened, begun](KvStore&) {
        opened.set_value();
        begun.wait();
      },
      [](const std::string&) {});
  opened.get_future().wait();

  constexpr int kPuts = 32;
  std::atomic<int> done{0};
  std::promise<void> all_done;
  for (int i = 0; i < kPuts; ++i) {
    space->write({put("k" + std::to_string(i))}, [&](const std::string& problem) {
      CHECK(problem.empty());
      if (++done == kPuts) all_done.set_value();
    });
  }
  const int before = flushes;
  begin.set_value();
  all_done.get_future().wait();
  // One for the log's new content; one more when the log begins anew.
  CHECK(flushes - before >= 1);
  CHECK(flushes - before <= 2);
}

TEST_CASE("KV: one bad write of a group fails alone") {
  const TemporaryFolder folder;
  const auto space = open_namespace(folder.path(), "ns");
  std::promise<void> begin;
  std::shared_future<void> begun = begin.get_future().share();
  space->post([begun](KvStore&) { begun.wait(); }, [](const std::string&) {});
  std::promise<std::string> good;
  std::promise<std::string> bad;
  space->write({put("good")}, [&](const std::string& problem) { good.set_value(problem); });
  // Longer than a value of SQLite may be.
  KvChange large = put("bad");
  large.entry.key.metadata = std::string(1'000'000'001, 'x');
  space->write({large}, [&](const std::string& problem) { bad.set_value(problem); });
  begin.set_value();
  CHECK(good.get_future().get().empty());
  CHECK_FALSE(bad.get_future().get().empty());
  std::promise<bool> found;
  space->post([&](KvStore& store) { found.set_value(store.get("good", 0).has_value()); },
              [&](const std::string&) { found.set_value(false); });
  CHECK(found.get_future().get());
}

TEST_CASE("stores: the same folder and id are one store in a process") {
  const TemporaryFolder folder;
  const auto first = open_namespace(folder.path(), "a");
  CHECK(open_namespace(folder.path(), "a") == first);
  CHECK(open_namespace(folder.path(), "b") != first);
}

TEST_CASE("what is quick is done at once, in the order of the rest") {
  const TemporaryFolder folder;
  const auto space = open_namespace(folder.path(), "ns");
  const auto is_there = [](KvStore& store) { return store.get("key", 0).has_value(); };
  CHECK_FALSE(space->try_now([](KvStore&) { return true; }));  // not open yet

  std::promise<void> written;
  space->write({put("key")}, [&](const std::string&) { written.set_value(); });
  written.get_future().wait();
  // The thread says that it is done a moment after the write does.
  while (!space->try_now(is_there)) std::this_thread::yield();
  CHECK_FALSE(space->try_now([](KvStore&) { return false; }));
  CHECK_FALSE(space->try_now([](KvStore& store) { return store.get("key", 0, 999).has_value(); }));
  CHECK(space->try_now([](KvStore& store) { return store.get("key", 0, 1000).has_value(); }));

  std::promise<void> release;
  std::promise<void> running;
  space->post(
      [&running, held = release.get_future().share()](KvStore&) {
        running.set_value();
        held.wait();
      },
      [](const std::string&) {});
  CHECK_FALSE(space->try_now(is_there));  // waiting or running
  running.get_future().wait();
  CHECK_FALSE(space->try_now(is_there));
  release.set_value();
  while (!space->try_now(is_there)) std::this_thread::yield();
}

TEST_CASE("a task that is posted while another thread does something quick comes after it") {
  WorkThread thread;
  std::atomic<bool> is_over{false};
  for (int i = 0; i < 1000; ++i) {
    is_over = false;
    std::promise<void> ran;
    while (!thread.run_here([&] {
      thread.post([&] {
        CHECK(is_over.load());
        ran.set_value();
      });
      is_over = true;
    })) {
      std::this_thread::yield();
    }
    ran.get_future().wait();
  }
}

TEST_CASE("what waits to be written is written when its store is let go") {
  const TemporaryFolder folder;
  std::promise<void> begin;
  std::shared_future<void> begun = begin.get_future().share();
  std::atomic<int> done{0};
  const auto count = [&done](const std::string& problem) {
    CHECK(problem.empty());
    ++done;
  };
  auto space = open_namespace(folder.path(), "ns");
  auto dataset = open_dataset(folder.path(), "data");
  space->post([begun](KvStore&) { begun.wait(); }, [](const std::string&) {});
  dataset->post([begun](AnalyticsStore&) { begun.wait(); }, [](const std::string&) {});
  for (int i = 0; i < 3; ++i) {
    space->write({put("k" + std::to_string(i))}, count);
    dataset->write({}, count);
  }
  begin.set_value();
  space.reset();
  dataset.reset();
  CHECK(done == 6);
  CHECK(KvStore(folder.path(), "ns").list("", "", 10, 0).size() == 3);
}
