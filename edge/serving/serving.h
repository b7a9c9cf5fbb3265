// The Workers that are deployed: their listener, the runtime processes behind it, their events.
//
// Any thread may call; what takes its time says so.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/worker_config.h"

namespace cwrangler::edge {

/// A version of a Worker, as a runtime process runs it; never changed.
struct WorkerVersion {
  std::string id;
  std::string account;
  WorkerConfig config;
};

/// What a Worker is made of at the moment, and how requests and events reach it.
struct WorkerDeployment {
  struct Share {
    std::shared_ptr<const WorkerVersion> version;
    double percentage = 100;  ///< of the requests
  };

  std::string account;
  std::string worker;  ///< its name
  std::vector<Share> versions;
  std::vector<std::string> hosts;   ///< exact host names
  std::vector<std::string> routes;  ///< "example.com/api/*", "*.example.com/*"
  std::vector<std::string> crons;
};

struct ServingOptions {
  std::filesystem::path runtime;  ///< the program cwrangler-runtime
  std::filesystem::path sockets;  ///< a folder of this endpoint's own, for processes' sockets
  std::filesystem::path caches;   ///< a folder with one for what each account's processes keep
  std::string ip = "127.0.0.1";
  std::uint16_t port = 0;
  std::filesystem::path certificate;  ///< PEM files; empty: plain HTTP
  std::filesystem::path key;
  bool allow_private_addresses = false;
  std::chrono::seconds idle{300};  ///< a process without requests ends after this
  unsigned most_processes = 100;
  unsigned spare_processes = 1;
  unsigned memory_limit_mb = 512;  ///< of one process
  unsigned cache_limit_mb = 0;     ///< of each cache; 0: the runtime's own
  std::uint64_t most_body = 100 << 20;
  unsigned most_concurrent = 1000;  ///< requests of one Worker
};

/// A version that does not start.
class StartFailure : public Error {
 public:
  StartFailure(std::string problem, std::string traceback)
      : Error(std::move(problem)), traceback_(std::move(traceback)) {}
  /// Python's; empty where the failure is not the code's.
  const std::string& traceback() const { return traceback_; }

 private:
  std::string traceback_;
};

struct StartReport {
  std::int64_t startup_ms = 0;
};

using TailSubscription = std::uint64_t;

class Serving {
 public:
  /// Listens at once. Throws Error.
  explicit Serving(const ServingOptions& options);
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving();

  std::uint16_t port() const;

  /// Starts it in a process of its own, to the end of its top level. Blocks. Throws StartFailure.
  StartReport validate(const WorkerVersion& version);

  /// New requests of the Worker go to these versions when it returns.
  void deploy(const WorkerDeployment& deployment);
  void remove(const std::string& account, const std::string& worker);

  /// `event` is called for each invocation of the Worker with its trace (trace-v1), on a thread of
  /// this class: it must not block.
  TailSubscription subscribe_tail(const std::string& account, const std::string& worker,
                                  std::function<void(const nlohmann::json& event)> event);
  void unsubscribe_tail(TailSubscription subscription);

  /// Whether it can start Workers.
  bool is_ready();
  /// Prometheus text format, version 0.0.4.
  std::string metrics();

  /// Finishes what is under way, within some seconds, and ends all processes.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

/// Throws Error that says what is wrong with a cron expression.
void check_cron(const std::string& expression);

}  // namespace cwrangler::edge
