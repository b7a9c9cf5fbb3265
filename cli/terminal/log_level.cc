#include "cli/terminal/log_level.h"

#include <algorithm>
#include <string>

#include "base/ascii.h"

namespace cwrangler::cli {

std::optional<LogLevel> parse_log_level(std::string_view word) {
  const auto found =
      std::find(kLogLevels.begin(), kLogLevels.end(), ascii_lower(std::string(word)));
  if (found == kLogLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLogLevels.begin());
}

}  // namespace cwrangler::cli
