// One cwrangler-runtime and the Worker that it runs: its process, its control messages, the socket
// that requests go to.
//
// Lives on the serving loop's thread, which is also the one that starts it.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/process/child_process.h"
#include "edge/serving/serving.h"

namespace cwrangler::edge {

/// A connection to a process, with what was read beyond the last answer.
struct Upstream {
  boost::beast::basic_stream<boost::asio::local::stream_protocol> stream;
  boost::beast::flat_buffer buffer;
};

struct ProcessOptions {
  std::filesystem::path runtime;
  std::filesystem::path socket;  ///< of its own; removed with it
  std::filesystem::path cache;
  unsigned cache_limit_mb = 0;  ///< 0: the runtime's own
  std::string account;
  unsigned heap_mb = 0;
  bool allow_private_addresses = false;
  unsigned most_subrequests = 0;  ///< of one event; a Worker's own lower limit wins
};

class WorkerProcess : public std::enable_shared_from_this<WorkerProcess> {
 public:
  using Clock = std::chrono::steady_clock;

  enum class State { idle, loading, ready, failed, ended };

  struct Callbacks {
    /// Messages of the Worker: request, console, exception, trace, …
    std::function<void(WorkerProcess&, const nlohmann::json&)> message;
    /// Once, when the process has ended.
    std::function<void(WorkerProcess&)> ended;
  };

  /// Throws Error when it cannot be executed.
  static std::shared_ptr<WorkerProcess> start(boost::asio::io_context& loop,
                                              const ProcessOptions& options, Callbacks callbacks);
  ~WorkerProcess();

  /// Begins the start of a version for this Python that is not known yet.
  void prepare(const std::string& python_version);
  /// Makes it run this version in place of what it ran; wait() says how that went.
  void load(std::shared_ptr<const WorkerVersion> version);
  /// Until it no longer loads.
  boost::asio::awaitable<State> wait();

  State state() const { return state_; }
  const std::string& account() const { return options_.account; }
  const std::shared_ptr<const WorkerVersion>& version() const { return version_; }
  /// Of the last load.
  std::int64_t startup_ms() const { return startup_ms_; }
  const std::optional<StartFailure>& failure() const { return failure_; }
  pid_t pid() const { return child_.pid(); }

  /// An idle connection, or a new one; nothing when the process takes none. `is_fresh` tells which.
  boost::asio::awaitable<std::unique_ptr<Upstream>> connect(bool& is_fresh);
  /// Keeps a connection for the next request.
  void give_back(std::unique_ptr<Upstream> upstream);

  /// Requests that it answers; the fleet lets it alone meanwhile.
  size_t requests = 0;
  Clock::time_point last_used = Clock::now();
  bool is_retiring = false;  ///< no new requests: it ends when it has none

  /// A message to the runtime, for example {"type": "trace", "enabled": true}.
  void send(const nlohmann::json& message);
  /// Lets it finish what it does, and kills it after some seconds.
  void stop();
  void kill();

 private:
  WorkerProcess(boost::asio::io_context& loop, const ProcessOptions& options, Callbacks callbacks,
                cli::ChildProcess child, Descriptor control, Descriptor output);

  void run();
  boost::asio::awaitable<void> read_messages(std::shared_ptr<WorkerProcess> self);
  boost::asio::awaitable<void> read_output(std::shared_ptr<WorkerProcess> self);
  boost::asio::awaitable<void> write_messages(std::shared_ptr<WorkerProcess> self);
  boost::asio::awaitable<void> await_end(std::shared_ptr<WorkerProcess> self);
  void handle(const nlohmann::json& message);
  void set_state(State state);

  boost::asio::io_context& loop_;
  const ProcessOptions options_;
  const Callbacks callbacks_;
  cli::ChildProcess child_;
  boost::asio::local::stream_protocol::socket control_;
  boost::asio::posix::stream_descriptor output_;
  boost::asio::posix::stream_descriptor end_;
  boost::asio::steady_timer changed_;   // cancelled when the state changes
  boost::asio::steady_timer to_write_;  // cancelled when there is something to write
  boost::asio::steady_timer patience_;  // after stop()
  std::deque<std::string> outgoing_;
  std::vector<std::unique_ptr<Upstream>> idle_;
  State state_ = State::idle;
  bool is_stopping_ = false;
  std::shared_ptr<const WorkerVersion> version_;
  std::optional<StartFailure> failure_;
  std::int64_t generation_ = 0;
  std::int64_t startup_ms_ = 0;
};

}  // namespace cwrangler::edge
