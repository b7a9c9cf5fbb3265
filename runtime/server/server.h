// The server: one Worker at a time on a set of listening sockets, in one instance or in several
// that accept from the same sockets. It replaces the running instances when a new configuration is
// loaded, one of them when it dies or loops for ever, and loses no request by it.
//
// Runs on the thread that calls run(), which is also the watchdog: it enters no JavaScript.

#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "base/worker_config.h"
#include "runtime/server/thread_instance.h"
#include "runtime/server/tls_listener.h"

namespace cwrangler::server {

struct ServerOptions {
  using Duration = std::chrono::milliseconds;

  HttpLimits http;
  /// Clients speak HTTPS, and are shown this.
  std::optional<TlsIdentity> tls;
  /// The longest that one call into the Worker may run. Cloudflare's own limit for CPU time is 30
  /// s.
  Duration cpu_limit{30'000};
  /// The same while the Worker starts: one import may load hundreds of files on a slow machine.
  Duration startup_limit{120'000};
  /// How many Workers an instance may have made with its Worker Loader bindings at once. A Python
  /// one takes about 100 MB; beyond the limit those that are idle make room.
  size_t dynamic_workers = 20;
  /// How many instances answer requests, each on a thread of its own. The first one to start makes
  /// the snapshot that the others go on from.
  size_t instances = 1;
  /// How long an instance that was replaced may finish its requests and background tasks;
  /// production grants 30 s to waitUntil.
  Duration drain_limit{30'000};
  /// How long requests may go on after stop().
  Duration grace{2'000};
  /// An instance that is lost is replaced at once, but `losses` times within `loss_window` only;
  /// then requests get an error for `loss_pause` before the next try.
  int losses = 5;
  /// Whether load() will be called for a Worker whose code was edited; else the next start is of
  /// the same one.
  bool reloads = false;
  /// Whether the next start is begun while a Worker answers: it takes memory, and the loss of an
  /// instance costs its requests less time.
  bool prepares = true;
  /// Where memory snapshots are kept; empty: nowhere.
  std::filesystem::path snapshot_folder;
  Duration loss_window{10'000};
  Duration loss_pause{5'000};
};

class Server {
 public:
  /// `sockets`: listening TCP sockets. `events`: takes messages from any thread. Throws Error for
  /// a TLS identity that is none.
  Server(engine::Platform& platform, const engine::StartupSnapshot& snapshot,
         std::vector<Descriptor> sockets, EventSink events, const ServerOptions& options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// For signals and the control channel; its handlers may call the functions below.
  boost::asio::io_context& loop() { return loop_; }

  /// Serves this Worker once it has started; until then the one before goes on. Requests wait when
  /// there is none.
  void load(std::int64_t generation, WorkerConfig config);

  /// Begins the start of a Worker for this Python ("3.14"), which load() goes on with. Of use
  /// before the first load only.
  void prepare(const std::string& python_version);

  /// Whether the Worker's invocations are told of, one `trace` message each.
  void set_tracing(bool enabled);

  /// Runs the scheduled handler of the Worker that is served, if there is one.
  void run_scheduled(const std::string& cron, std::int64_t time_ms);

  /// Accepts no more, lets requests under way finish within the grace, then ends run().
  void stop();

  /// Returns after stop().
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Cause { load, loss, retry };

  /// An instance with what the server knows of it.
  struct Slot {
    std::unique_ptr<Instance> instance;
    Clock::time_point began;
    bool starting = true;
    bool leaving = false;  // drained is awaited
    bool ended = false;
    bool owes_snapshot = false;  // it was waited for, so it has not made one
    bool interrupted = false;    // by the watchdog, in the call that it is in
    bool terminated = false;     // by the watchdog
  };
  using SlotRef = std::shared_ptr<Slot>;

  InstanceCallbacks callbacks(const SlotRef& slot);
  SlotRef start_instance(const InstanceEnvironment& environment,
                         std::unique_ptr<IsolateThread> prepared = nullptr);
  std::shared_ptr<const PageSources> page_sources(const std::string& state) const;
  void start(Cause cause);
  void join_missing();
  bool answers() const;
  void started(const SlotRef& slot);
  void start_failed(const SlotRef& slot, Failure failure);
  void not_started(Failure failure);
  void lost(const SlotRef& slot, const std::string& reason);
  void promote(const SlotRef& slot);
  void show_failure(Failure failure);
  void retire(const SlotRef& slot, ServerOptions::Duration limit);
  void end(const SlotRef& slot);
  void ended(const SlotRef& slot);
  void place(Handover connection);
  void watch();
  bool restart_now();
  void retry_later();
  void finish_when_empty();
  void keep_code_later();
  void make_snapshot_later();
  void make_snapshot();
  void prepare_later();

  boost::asio::io_context loop_;
  std::vector<Descriptor> sockets_;  // that instances accept on
  const ServerOptions options_;
  const InstanceEnvironment environment_;
  const InstanceEnvironment reload_environment_;  // of an instance that makes no snapshot
  const InstanceEnvironment
      snapshot_environment_;  // of one that does nothing else, and is not heard

  std::int64_t generation_ = 0;
  WorkerConfig config_;
  ServerOptions::Duration cpu_limit_;
  Cause cause_ = Cause::load;
  std::vector<SlotRef> serving_;  // answer requests; may be one that only says what is wrong
  SlotRef next_;                  // is starting to take their place
  std::vector<SlotRef> joining_;  // are starting to be beside them
  SlotRef maker_;                 // starts for its snapshot alone
  std::unique_ptr<IsolateThread> prepared_;  // for the next start
  std::list<SlotRef> slots_;                 // all that are not destroyed yet
  std::vector<Handover> waiting_;            // connections without an instance
  size_t placed_ = 0;                        // connections that went to an instance
  std::unique_ptr<TlsListener> tls_;
  std::vector<Clock::time_point> losses_;
  bool stopping_ = false;
  bool tracing_ = false;
  struct Timers;
  std::unique_ptr<Timers> timers_;
};

}  // namespace cwrangler::server
