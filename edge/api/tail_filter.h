// Which events of a Worker a tail wants:
// https://developers.cloudflare.com/workers/observability/logs/real-time-logs/

#pragma once

#include <random>
#include <string>
#include <vector>

#include "edge/store/workers.h"

namespace cwrangler::edge {

class TailFilter {
 public:
  /// `filters`: as a client sends them, a list of objects of one key each. Throws ApiError.
  explicit TailFilter(const Json& filters);

  /// Whether the event (trace-v1) passes all of them. One thread at a time.
  bool takes(const nlohmann::json& event);

 private:
  struct HeaderFilter {
    std::string key;  ///< lower case
    std::string text;
  };

  std::vector<std::string> outcomes_;
  std::vector<std::string> methods_;
  std::vector<std::string> addresses_;
  std::vector<HeaderFilter> headers_;
  std::string query_;
  std::string version_;
  double sampling_rate_ = 1;
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace cwrangler::edge
