// The databases, namespaces, buckets and caches that are open in this process, each with a thread
// of its own. All instances of Workers share them, so that a reload finds its data, and writes of
// one store are in one order.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/work_thread.h"
#include "storage/analytics_store.h"
#include "storage/cache_store.h"
#include "storage/d1_database.h"
#include "storage/kv_store.h"
#include "storage/outbox.h"
#include "storage/r2_bucket.h"
#include "storage/vector_store.h"

namespace cwrangler::bindings {

/// A store that is opened by the first task that needs it. One task at a time uses it.
template <class Store>
class OpenStore {
 public:
  OpenStore(std::filesystem::path state, std::string id)
      : state_(std::move(state)), id_(std::move(id)) {}

  /// In a task. Throws what opening throws; the next call tries again.
  Store& store();

  /// Runs `task(Store&)`, which says whether it did its work, at once and on the caller's thread.
  /// False when it did not, or threw, or the store is not open or in use: then post() is the way,
  /// which tells errors too.
  template <class Task>
  bool try_now(Task task) {
    bool done = false;
    thread_.run_here([&] {
      try {
        done = store_ != nullptr && task(*store_);
      } catch (const std::exception&) {
        done = false;
      }
    });
    return done;
  }

  /// Runs `task(Store&)` on the thread; `failed` gets what it, or opening, threw.
  template <class Task, class Failed>
  void post(Task task, Failed failed) {
    thread_.post([this, task = std::move(task), failed = std::move(failed)]() mutable {
      try {
        task(store());
      } catch (const Error& error) {
        failed(error.problem());
      } catch (const std::exception& error) {
        failed(std::string(error.what()));
      }
    });
  }

 protected:
  /// For classes with members of their own, which tasks use: waits for the tasks.
  void finish() { thread_.finish(); }

 private:
  const std::filesystem::path state_;
  const std::string id_;
  std::unique_ptr<Store> store_;
  engine::WorkThread thread_;  // last: its tasks use the others
};

using OpenDatabase = OpenStore<storage::D1Database>;
using OpenCache = OpenStore<storage::CacheStore>;
using OpenOutbox = OpenStore<storage::Outbox>;
using OpenIndex = OpenStore<storage::VectorStore>;
using OpenBucket = OpenStore<storage::R2Bucket>;

/// Writes that are not on disk yet. A base, so that it is there until the thread has ended.
struct WaitingWrites {
  struct Write {
    std::vector<storage::KvChange> changes;
    std::function<void(const std::string& problem)> done;
  };
  std::mutex mutex;
  std::vector<Write> waiting;
};

/// A KV namespace whose writes are grouped: those that come while one group is written are the
/// next group.
class OpenNamespace : private WaitingWrites, public OpenStore<storage::KvStore> {
 public:
  using OpenStore::OpenStore;

  /// `problem`: empty when the change is on disk.
  using Done = std::function<void(const std::string& problem)>;
  void write(std::vector<storage::KvChange> changes, Done done);

 private:
  static void write_group(storage::KvStore& store, std::vector<Write>& group);
};

/// A dataset: the points that wait are written together.
class OpenDataset : public OpenStore<storage::AnalyticsStore> {
 public:
  using OpenStore::OpenStore;
  ~OpenDataset() { finish(); }

  /// `problem`: empty when the point is on disk.
  using Done = std::function<void(const std::string& problem)>;
  void write(storage::AnalyticsPoint point, Done done);

 private:
  std::mutex mutex_;
  std::vector<storage::AnalyticsPoint> points_;
  std::vector<Done> done_;
};

/// `state`: the folder of local state; empty: one that is removed when this process ends.
std::shared_ptr<OpenDatabase> open_database(const std::string& state, const std::string& id);
std::shared_ptr<OpenNamespace> open_namespace(const std::string& state, const std::string& id);
std::shared_ptr<OpenBucket> open_bucket(const std::string& state, const std::string& name);
std::shared_ptr<OpenDataset> open_dataset(const std::string& state, const std::string& dataset);
std::shared_ptr<OpenIndex> open_index(const std::string& state, const std::string& index);
std::shared_ptr<OpenOutbox> open_outbox(const std::string& state, const std::string& binding);
std::shared_ptr<OpenCache> open_cache(const std::string& state, const std::string& name);

}  // namespace cwrangler::bindings
