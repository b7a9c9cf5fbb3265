#include "runtime/bindings/stores.h"

#include <stdlib.h>

#include <map>
#include <mutex>
#include <utility>

#include "runtime/bindings/queues/open_queues.h"
#include "storage/state_layout.h"

namespace cwrangler::bindings {
namespace {

namespace fs = std::filesystem;

/// A folder for data that nobody wants to keep.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "cwrangler-state.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw system_error("creating " + pattern);
    path_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// The state's folder, or the scratch folder of this process.
fs::path folder_of(const std::string& state) {
  if (!state.empty()) return state;
  static const ScratchFolder scratch;
  return scratch.path();
}

/// Stores by folder and id, for as long as somebody uses them.
template <class Open>
class Registry {
 public:
  std::shared_ptr<Open> find(const std::string& state, const std::string& id) {
    const std::lock_guard lock(mutex_);
    std::weak_ptr<Open>& known = stores_[{state, id}];
    if (auto open = known.lock()) return open;
    auto opened = std::make_shared<Open>(folder_of(state), id);
    known = opened;
    return opened;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<Open>> stores_;
};

}  // namespace

template <>
storage::D1Database& OpenStore<storage::D1Database>::store() {
  if (!store_) store_ = std::make_unique<storage::D1Database>(storage::d1_file(state_, id_));
  return *store_;
}

template <>
storage::KvStore& OpenStore<storage::KvStore>::store() {
  if (!store_) store_ = std::make_unique<storage::KvStore>(state_, id_);
  return *store_;
}

template <>
storage::R2Bucket& OpenStore<storage::R2Bucket>::store() {
  if (!store_) store_ = std::make_unique<storage::R2Bucket>(state_, id_);
  return *store_;
}

template <>
storage::CacheStore& OpenStore<storage::CacheStore>::store() {
  if (!store_) store_ = std::make_unique<storage::CacheStore>(state_, id_);
  return *store_;
}

template <>
storage::AnalyticsStore& OpenStore<storage::AnalyticsStore>::store() {
  if (!store_) store_ = std::make_unique<storage::AnalyticsStore>(state_, id_);
  return *store_;
}

template <>
storage::VectorStore& OpenStore<storage::VectorStore>::store() {
  if (!store_) store_ = std::make_unique<storage::VectorStore>(state_, id_);
  return *store_;
}

template <>
storage::Outbox& OpenStore<storage::Outbox>::store() {
  if (!store_) store_ = std::make_unique<storage::Outbox>(state_, id_);
  return *store_;
}

void OpenDataset::write(storage::AnalyticsPoint point, Done done) {
  {
    const std::lock_guard lock(mutex_);
    points_.push_back(std::move(point));
    done_.push_back(std::move(done));
    // Who comes after the first finds the task posted already.
    if (points_.size() > 1) return;
  }
  const auto take_done = [this] {
    const std::lock_guard lock(mutex_);
    points_.clear();
    return std::exchange(done_, {});
  };
  post(
      [this](storage::AnalyticsStore& store) {
        std::vector<storage::AnalyticsPoint> points;
        std::vector<Done> waiting;
        {
          const std::lock_guard lock(mutex_);
          points = std::exchange(points_, {});
          waiting = std::exchange(done_, {});
        }
        std::string problem;
        try {
          store.add(points);
        } catch (const std::exception& error) {
          problem = error.what();
        }
        for (const Done& tell : waiting) tell(problem);
      },
      [take_done](const std::string& problem) {
        for (const Done& tell : take_done()) tell(problem);
      });
}

void OpenNamespace::write(std::vector<storage::KvChange> changes, Done done) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex);
    is_first = waiting.empty();
    waiting.push_back({std::move(changes), std::move(done)});
  }
  // Who comes after the first finds the task posted already.
  if (!is_first) return;
  const auto take = [this] {
    const std::lock_guard lock(mutex);
    return std::exchange(waiting, {});
  };
  post(
      [take](storage::KvStore& store) {
        std::vector<Write> group = take();
        write_group(store, group);
      },
      [take](const std::string& problem) {
        for (Write& write : take()) write.done(problem);
      });
}

void OpenNamespace::write_group(storage::KvStore& store, std::vector<Write>& group) {
  const auto apply = [&store](const std::vector<storage::KvChange>& changes) {
    try {
      store.apply(changes);
      return std::string();
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  };
  if (group.size() > 1) {
    std::vector<storage::KvChange> all;
    for (const Write& write : group) {
      all.insert(all.end(), write.changes.begin(), write.changes.end());
    }
    if (apply(all).empty()) {
      for (Write& write : group) write.done("");
      return;
    }
    // One of them spoilt it for all: each by itself.
  }
  for (Write& write : group) write.done(apply(write.changes));
}

std::shared_ptr<OpenDatabase> open_database(const std::string& state, const std::string& id) {
  static Registry<OpenDatabase> registry;
  return registry.find(state, id);
}

std::shared_ptr<OpenNamespace> open_namespace(const std::string& state, const std::string& id) {
  static Registry<OpenNamespace> registry;
  return registry.find(state, id);
}

std::shared_ptr<OpenQueues> open_queues(const std::string& state) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<OpenQueues>> known;
  const std::lock_guard lock(mutex);
  std::weak_ptr<OpenQueues>& entry = known[state];
  auto open = entry.lock();
  if (!open) entry = open = std::make_shared<OpenQueues>(folder_of(state));
  return open;
}

std::shared_ptr<OpenBucket> open_bucket(const std::string& state, const std::string& name) {
  static Registry<OpenBucket> registry;
  return registry.find(state, name);
}

std::shared_ptr<OpenDataset> open_dataset(const std::string& state, const std::string& dataset) {
  static Registry<OpenDataset> registry;
  return registry.find(state, dataset);
}

std::shared_ptr<OpenIndex> open_index(const std::string& state, const std::string& index) {
  static Registry<OpenIndex> registry;
  return registry.find(state, index);
}

std::shared_ptr<OpenOutbox> open_outbox(const std::string& state, const std::string& binding) {
  static Registry<OpenOutbox> registry;
  return registry.find(state, binding);
}

std::shared_ptr<OpenCache> open_cache(const std::string& state, const std::string& name) {
  static Registry<OpenCache> registry;
  return registry.find(state, name);
}

}  // namespace cwrangler::bindings
