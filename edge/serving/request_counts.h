// What the Workers' listener has answered, for metrics.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace cwrangler::edge {

/// Upper bounds of the buckets of a duration's histogram, in seconds.
inline constexpr std::array kDurationBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                            0.1,   0.25,   0.5,   1.0,  2.5,   10.0};

struct WorkerCounts {
  /// Answers by the first digit of their status; 0: none was sent.
  std::array<std::uint64_t, 6> by_status{};
  /// Not cumulated; the last one is of what took longer than all bounds.
  std::array<std::uint64_t, kDurationBounds.size() + 1> by_duration{};
  double seconds = 0;
};

/// By account and Worker.
using RequestCounts = std::map<std::pair<std::string, std::string>, WorkerCounts>;

inline void count_request(WorkerCounts& counts, int status,
                          std::chrono::steady_clock::duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  ++counts.by_status[status >= 100 && status < 600 ? static_cast<size_t>(status / 100) : 0];
  size_t bucket = 0;
  while (bucket < kDurationBounds.size() && seconds > kDurationBounds[bucket]) ++bucket;
  ++counts.by_duration[bucket];
  counts.seconds += seconds;
}

}  // namespace cwrangler::edge
