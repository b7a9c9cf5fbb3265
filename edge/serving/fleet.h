// The runtime processes: one for each version that has requests, some that are ready for the next
// one, none for what nobody asks for.
//
// On the serving loop's thread only.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "edge/serving/worker_process.h"

namespace cwrangler::edge {

/// What became of the processes, since the endpoint started.
struct FleetCounts {
  std::uint64_t started = 0;
  std::uint64_t failed_starts = 0;
  std::uint64_t crashed = 0;
  std::uint64_t retired_idle = 0;
  std::uint64_t retired_memory = 0;
};

class Fleet {
 public:
  using MessageSink = std::function<void(WorkerProcess&, const nlohmann::json&)>;

  Fleet(boost::asio::io_context& loop, const ServingOptions& options, MessageSink messages);

  /// A process that runs this version, started when there is none. Null when it does not start;
  /// `failure`, when given, says why. Soon after a version has failed to start it is not tried
  /// again.
  boost::asio::awaitable<std::shared_ptr<WorkerProcess>> acquire(
      std::shared_ptr<const WorkerVersion> version, std::string* failure = nullptr);

  /// The same for a version that nobody has deployed yet, or not in this configuration: it is tried
  /// whatever happened before. Throws StartFailure.
  boost::asio::awaitable<std::shared_ptr<WorkerProcess>> start_anew(
      std::shared_ptr<const WorkerVersion> version);

  /// Versions that are to run all the time; others end when they are idle.
  void keep(std::set<std::string> versions) { kept_ = std::move(versions); }
  /// A process that takes no connection, or has closed one that was new, is dying: the next request
  /// of its version starts another.
  void abandon(WorkerProcess& process);
  /// Lets the version's process finish and end.
  void retire(const std::string& version);

  /// Each process that runs a version.
  void for_each(const std::function<void(WorkerProcess&)>& visit);
  size_t size() const { return all_.size(); }
  size_t spares() const { return spares_.size(); }
  const FleetCounts& counts() const { return counts_; }

  /// Ends all processes; none is started any more.
  void stop();
  bool is_empty() const { return all_.empty(); }

 private:
  using ProcessRef = std::shared_ptr<WorkerProcess>;
  using Clock = WorkerProcess::Clock;

  struct Failures {
    int in_a_row = 0;
    Clock::time_point again;
    std::string text;
  };

  ProcessRef start_process(const std::string& account);
  ProcessRef take_spare(const std::string& account);
  void make_spares();
  void make_spares_later();
  void make_room();
  void ended(WorkerProcess& process);
  void note_failure(const std::string& version, const std::string& text);
  void note_death(const std::string& version);
  void check_later();
  void check();

  boost::asio::io_context& loop_;
  const ServingOptions options_;
  const MessageSink messages_;
  boost::asio::steady_timer check_;
  boost::asio::steady_timer spare_timer_;
  std::set<ProcessRef> all_;
  std::map<std::string, ProcessRef> by_version_;
  std::deque<ProcessRef> spares_;
  std::map<std::string, Failures> failures_;
  std::set<std::string> kept_;
  /// What the next Worker is most likely like.
  std::string spare_account_;
  std::string spare_python_;
  FleetCounts counts_;
  std::uint64_t next_socket_ = 0;
  int checks_ = 0;
  bool stopping_ = false;
};

}  // namespace cwrangler::edge
