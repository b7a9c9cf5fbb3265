// A Worker on a thread of its own: one isolate, one interpreter, one event loop.

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/worker_config.h"
#include "runtime/engine/isolate.h"
#include "runtime/server/http_limits.h"
#include "runtime/server/instance.h"
#include "runtime/server/isolate_thread.h"
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
  /// How far prepare_thread() goes.
  snapshot::Layer prepared_layer = snapshot::Layer::worker;
};

/// A thread on which this Worker's start has begun: its Python is there, from a snapshot of
/// `prepared_layer` at best. Returns once its isolate is made (some ms), the rest goes on. Throws
/// Error as start_thread_instance().
std::unique_ptr<IsolateThread> prepare_thread(const InstanceEnvironment& environment,
                                              const WorkerConfig& config);

/// The same for a Worker that is not known yet, but for its Python ("3.14"): up to the point where
/// the memory of a snapshot is taken.
std::unique_ptr<IsolateThread> prepare_interpreter(const InstanceEnvironment& environment,
                                                   const std::string& python_version);

/// Starts a Worker, on a prepared thread or on one of its own. What was prepared is used when it is
/// the same for this Worker: other code of its own makes no difference to its packages. Returns
/// before it has started, which ends with `started` or `start_failed`. Throws Error when no thread
/// or isolate can be had. `page_sources`: for the pages of failed requests, or null.
std::unique_ptr<Instance> start_thread_instance(const InstanceEnvironment& environment,
                                                const WorkerConfig& config,
                                                std::shared_ptr<const PageSources> page_sources,
                                                InstanceCallbacks callbacks,
                                                std::unique_ptr<IsolateThread> prepared = nullptr);

}  // namespace cwrangler::server
