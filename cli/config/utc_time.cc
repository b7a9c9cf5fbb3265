#include "cli/config/utc_time.h"

#include <ctime>

namespace cwrangler::cli {
namespace {

std::string formatted(std::chrono::system_clock::time_point time, const char* format) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

std::string utc_date(std::chrono::system_clock::time_point time) {
  return formatted(time, "%Y-%m-%d");
}

std::string utc_time(std::chrono::system_clock::time_point time) {
  return formatted(time, "%Y-%m-%dT%H:%M:%S.000Z");
}

}  // namespace cwrangler::cli
