// Workers that a Worker makes while it runs (the Worker Loader binding): each on a thread of its
// own, with messages between it and the isolate that made it.
//
// A message is a JavaScript value that can be cloned, with byte arrays beside it which are copied
// once. What messages mean is the business of bindings/worker_loader/.

#pragma once

#include <v8.h>

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/worker_config.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"
#include "runtime/server/thread_instance.h"

namespace cwrangler::server {

/// Every native function of Worker Loader bindings.
std::span<const engine::Op> dynamic_worker_ops();

/// A message between two isolates: a serialized value and what goes beside it.
struct WorkerMessage {
  struct FreeBytes {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t, FreeBytes> value;
  size_t size = 0;
  std::vector<std::vector<uint8_t>> attachments;
};

/// What the built-in JavaScript calls the way from a dynamic Worker to the isolate that made it.
constexpr uint64_t kParent = 0;

/// In a dynamic Worker's isolate: the way to the one that made it.
struct ParentChannel {
  std::function<void(WorkerMessage)> send;
};

/// The Workers that one isolate has made; part of its state. Its loop's thread only. When it goes,
/// they end.
class DynamicWorkers {
 public:
  /// `config`: of the Worker that makes them. `environment` must outlive this.
  DynamicWorkers(engine::Isolate& parent, const InstanceEnvironment& environment,
                 const WorkerConfig& config);
  DynamicWorkers(const DynamicWorkers&) = delete;
  DynamicWorkers& operator=(const DynamicWorkers&) = delete;
  ~DynamicWorkers();

  /// Makes a Worker and returns its number. Its JavaScript begins with `hooks.beginChild`, which
  /// gets the configuration; `hooks.dynamicWorkerEnded` is called here when it ends by itself.
  /// Throws Error for a configuration that cannot run.
  uint64_t start(WorkerConfig config);
  /// Nothing happens when there is no such Worker (any more).
  void send(uint64_t number, WorkerMessage message);
  void end(uint64_t number);

  size_t limit() const { return environment_.dynamic_workers; }

 private:
  class Child;
  void lost(uint64_t number, const std::string& reason);
  void watch();

  engine::Isolate& parent_;
  const InstanceEnvironment& environment_;
  const WorkerConfig config_;
  uint64_t last_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Child>> children_;
  boost::asio::steady_timer watch_;
};

}  // namespace cwrangler::server
