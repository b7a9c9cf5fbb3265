#include "cli/config/utc_time.h"

#include <cstring>
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

/// "Z", "+01:00" or "-01:30" as minutes east of UTC. Nothing: it is none of them.
std::optional<std::chrono::minutes> parse_offset(const std::string& text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::tm parts{};
  const char* rest = ::strptime(text.c_str() + 1, "%H:%M", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const std::chrono::minutes east(parts.tm_hour * 60 + parts.tm_min);
  return text[0] == '-' ? -east : east;
}

}  // namespace

std::string utc_date(std::chrono::system_clock::time_point time) {
  return formatted(time, "%Y-%m-%d");
}

std::string utc_time(std::chrono::system_clock::time_point time) {
  return formatted(time, "%Y-%m-%dT%H:%M:%S.000Z");
}

std::optional<std::chrono::system_clock::time_point> parse_moment(const std::string& text) {
  using std::chrono::system_clock;
  constexpr size_t kSecondsDigits = 10;
  constexpr size_t kMillisecondsDigits = 13;
  if (text.find_first_not_of("0123456789") == text.npos) {
    if (text.size() == kSecondsDigits) {
      return system_clock::time_point(std::chrono::seconds(std::stoll(text)));
    }
    if (text.size() == kMillisecondsDigits) {
      return system_clock::time_point(std::chrono::milliseconds(std::stoll(text)));
    }
    return std::nullopt;
  }
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M", &parts);
  if (rest == nullptr) return std::nullopt;
  if (*rest == ':') {
    rest = ::strptime(rest, ":%S", &parts);
    if (rest == nullptr) return std::nullopt;
  }
  // Fractions say nothing to histories of seconds.
  if (*rest == '.') rest += 1 + std::strspn(rest + 1, "0123456789");
  const auto east = parse_offset(rest);
  if (!east) return std::nullopt;
  return system_clock::from_time_t(::timegm(&parts)) - *east;
}

}  // namespace cwrangler::cli
