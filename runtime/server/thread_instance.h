// A Worker on a thread of its own: one isolate, one interpreter, one event loop.

#pragma once

#include <chrono>
#include <memory>

#include "base/worker_config.h"
#include "runtime/engine/isolate.h"
#include "runtime/server/http_limits.h"
#include "runtime/server/instance.h"
#include "runtime/snapshot/snapshot_store.h"

namespace cwrangler::server {

/// What instances share; outlives all of them.
struct InstanceEnvironment {
  engine::Platform& platform;
  const engine::StartupSnapshot& snapshot;
  snapshot::SnapshotStore snapshots;
  HttpLimits limits;
  EventSink events;
  /// How many Workers one instance may have made with its Worker Loader bindings at once, and the
  /// limits of one call into such a Worker and of its start.
  size_t dynamic_workers;
  std::chrono::milliseconds cpu_limit;
  std::chrono::milliseconds startup_limit;
};

/// Starts the thread and returns once its isolate is made (some ms); the Worker's own start goes
/// on, and ends with `started` or `start_failed`. Throws Error when no thread or isolate can be
/// had. `page_sources`: for the pages of failed requests, or null.
std::unique_ptr<Instance> start_thread_instance(const InstanceEnvironment& environment,
                                                const WorkerConfig& config,
                                                std::shared_ptr<const PageSources> page_sources,
                                                InstanceCallbacks callbacks);

}  // namespace cwrangler::server
