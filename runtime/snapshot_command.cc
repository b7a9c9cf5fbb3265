#include "runtime/snapshot_command.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "runtime/engine/platform.h"
#include "runtime/python/python_worker.h"
#include "runtime/server/server.h"
#include "runtime/server/thread_instance.h"
#include "runtime/snapshot/snapshot_store.h"

namespace cwrangler {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;
using snapshot::Layer;
using snapshot::SnapshotStore;
using snapshot::TakenSnapshot;

constexpr std::uint64_t kPage = 4096;

/// One start of the Worker, and what its thread says of it.
class Start {
 public:
  /// Returns when the Worker has started, or has failed to.
  Start(engine::Platform& platform, const engine::StartupSnapshot& startup,
        const WorkerConfig& config, const SnapshotStore& snapshots)
      : environment_{platform,
                     startup,
                     snapshots.observed_by(
                         {[this](Layer layer, const TakenSnapshot& made) { take(layer, made); },
                          [this](Layer layer, std::string_view text) { report(layer, text); }}),
                     limits_.http,
                     [](const json&) {},
                     limits_.dynamic_workers,
                     limits_.cpu_limit,
                     limits_.startup_limit} {
    const auto began = Clock::now();
    instance_ = server::start_thread_instance(
        environment_, config, nullptr,
        {.started = [this] { end({}); },
         .start_failed = [this](const server::Failure& why) { end(why); },
         .lost = [](const std::string&) {},
         .orphaned = [](const server::Handover&) {},
         .drained = [] {},
         .ended = [] {}});
    std::unique_lock lock(mutex_);
    if (!ended_.wait_for(lock, limits_.startup_limit, [this] { return is_over_; })) {
      lock.unlock();
      instance_->terminate("Its top level was still running after " +
                           std::to_string(limits_.startup_limit.count() / 1000) + " s.");
      lock.lock();
      ended_.wait(lock, [this] { return is_over_; });
    }
    milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    lock.unlock();
    instance_.reset();
  }

  std::optional<server::Failure> failure;
  std::optional<TakenSnapshot> taken;  ///< of the worker layer
  json reported = json::object();      ///< JavaScript's reports of it, joined
  double milliseconds = 0;

 private:
  void take(Layer layer, const TakenSnapshot& snapshot) {
    if (layer == Layer::worker) taken = snapshot;
  }

  void report(Layer layer, std::string_view text) {
    if (layer == Layer::worker) reported.update(json::parse(text));
  }

  void end(std::optional<server::Failure> why) {
    const std::lock_guard lock(mutex_);
    failure = std::move(why);
    is_over_ = true;
    ended_.notify_all();
  }

  const server::ServerOptions limits_;  // a server's own
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  server::InstanceEnvironment environment_;
  std::unique_ptr<server::Instance> instance_;
};

/// What a kept snapshot is worth: the Worker starts from it, and this fast.
void add_second_start(json& result, const Start& start) {
  if (start.failure) {
    result["obstacles"].push_back(
        {{"message", "The Worker does not start from its snapshot: " + start.failure->message}});
  } else if (!start.reported.value("restored", false)) {
    result["obstacles"].push_back(
        {{"message", "The snapshot could not be restored: CWRANGLER_LOG=debug says why."}});
  } else {
    result["restore_ms"] = start.milliseconds;
  }
}

}  // namespace

json make_worker_snapshot(engine::Platform& platform, const engine::StartupSnapshot& startup,
                          const SnapshotCommand& command) {
  if (command.folder.empty() && !command.check) {
    throw Error("there is no folder for it, or snapshots are turned off")
        .while_doing("making a snapshot")
        .hint("Set CWRANGLER_CACHE_DIR to a folder, and unset CWRANGLER_SNAPSHOTS.");
  }
  const WorkerConfig config = read_worker_config(command.config);
  const std::string version = python::python_version(config);
  const SnapshotStore store(command.folder, snapshot::build_name(startup.blob));
  const Start first(platform, startup, config, store.retaking_worker(!command.check));

  json result{
      {"python", version},
      {"identity", python::snapshot_identity(config, python::startup_configuration(config))},
      {"layer", snapshot::kLayerNames[static_cast<size_t>(Layer::worker)]},
      {"ms", first.milliseconds},
      {"obstacles", json::array()}};
  result.update(first.reported);
  if (first.failure) {
    result["failure"] = {{"kind", first.failure->kind},
                         {"message", first.failure->message},
                         {"stack", first.failure->stack}};
  } else if (first.taken && first.taken->problem.empty()) {
    result["bytes"] = first.taken->stored;
    result["pages"] = first.taken->stored / kPage;
    result["memory"] = first.taken->memory;
    if (!command.check) {
      result["file"] = first.taken->file.string();
      add_second_start(result, Start(platform, startup, config, store));
    }
  } else if (first.taken) {
    result["obstacles"].push_back({{"message", first.taken->problem}});
  }
  platform.wasm_code().save();
  return result;
}

}  // namespace cwrangler
