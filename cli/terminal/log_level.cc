#include "cli/terminal/log_level.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace cwrangler::cli {

std::optional<LogLevel> parse_log_level(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::find(kLogLevels.begin(), kLogLevels.end(), lower);
  if (found == kLogLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLogLevels.begin());
}

}  // namespace cwrangler::cli
