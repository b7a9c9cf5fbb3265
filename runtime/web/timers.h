// The timers of one isolate: any number of deadlines over one timer of the event loop.

#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>

#include "runtime/engine/isolate.h"

namespace cwrangler::web {

/// When a deadline has passed, `hooks.timer(id)` is called in a turn of its own: in the order of
/// the deadlines, and among equal ones in the order in which they were set. On the isolate's
/// thread.
class Timers {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Timers(engine::Isolate& isolate);
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Starts a timer; returns its id, from 1 on. A delay is at most a hundred years.
  int32_t start(double milliseconds);
  /// Starts it again under the same id; replaces a deadline it still has.
  void restart(int32_t id, double milliseconds);
  /// Does nothing for an id that is unknown or has fired.
  void cancel(int32_t id);

 private:
  struct Deadline {
    Clock::time_point time;
    uint64_t sequence;
    int32_t id;
    auto operator<=>(const Deadline&) const = default;
  };

  void arm();
  void fire_due();

  engine::Isolate& isolate_;
  boost::asio::steady_timer timer_;
  std::set<Deadline> deadlines_;
  std::unordered_map<int32_t, std::set<Deadline>::iterator> by_id_;
  /// What the event loop waits for; max() when it waits for nothing.
  Clock::time_point armed_ = Clock::time_point::max();
  uint64_t sequence_ = 0;
  int32_t last_id_ = 0;
  /// Gone when this object is: a handler of the loop may come after that.
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace cwrangler::web
