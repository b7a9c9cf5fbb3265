// The clock of Cron Triggers: says when a deployed Worker's schedules are due.
//
// On the serving loop's thread only.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "edge/serving/routing.h"

namespace cwrangler::edge {

class Schedules {
 public:
  /// Milliseconds since 1970.
  using Clock = std::function<std::int64_t()>;
  /// A schedule of a Worker is due; `minute` is the beginning of that minute, in ms since 1970.
  using Due = std::function<void(std::shared_ptr<const WorkerDeployment> deployment,
                                 const std::string& cron, std::int64_t minute)>;

  /// `routing` must outlive it. The minute of this moment is over: what is due in it may have been
  /// run by the endpoint before this one.
  Schedules(boost::asio::io_context& loop, const Routing& routing, Clock clock, Due due);

  /// Looks at the clock each second until stop().
  void start();
  void stop() { timer_.cancel(); }
  /// Reports what is due in the current minute, if it has begun since the last look. Minutes that a
  /// machine has slept through, or that a clock was put forward by, are not made up for; of one
  /// that comes again, because the clock was put back, nothing is run twice.
  void look();

 private:
  boost::asio::steady_timer timer_;
  const Routing& routing_;
  const Clock clock_;
  const Due due_;
  std::int64_t last_minute_;
};

}  // namespace cwrangler::edge
