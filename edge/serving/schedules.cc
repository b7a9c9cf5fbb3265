#include "edge/serving/schedules.h"

#include <spdlog/spdlog.h>

#include <chrono>

#include "base/error.h"
#include "edge/serving/cron.h"

namespace cwrangler::edge {
namespace {

constexpr std::chrono::seconds kInterval{1};
constexpr std::int64_t kMinute = 60'000;

}  // namespace

Schedules::Schedules(boost::asio::io_context& loop, const Routing& routing, Clock clock, Due due)
    : timer_(loop),
      routing_(routing),
      clock_(std::move(clock)),
      due_(std::move(due)),
      last_minute_(clock_() / kMinute) {}

void Schedules::start() {
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look();
    start();
  });
}

void Schedules::look() {
  const std::int64_t minute = clock_() / kMinute;
  if (minute <= last_minute_) return;
  last_minute_ = minute;
  for (const auto& [name, deployment] : routing_.deployments()) {
    for (const std::string& cron : deployment->crons) {
      try {
        if (!CronExpression::parse(cron).is_due(minute * kMinute)) continue;
      } catch (const Error& error) {
        spdlog::error("{}: {}", deployment->worker, error.what());
        continue;
      }
      due_(deployment, cron, minute * kMinute);
    }
  }
}

}  // namespace cwrangler::edge
