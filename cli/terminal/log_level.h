// How much is said: wrangler's levels, from WRANGLER_LOG and `--log-level`.

#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace cwrangler::cli {

/// Each shows what the ones before it show, too. `log`, the default, has everything but the debug
/// log.
enum class LogLevel { none, error, warn, info, log, debug };

inline constexpr std::array<std::string_view, 6> kLogLevels{"none", "error", "warn",
                                                            "info", "log",   "debug"};

/// Case is ignored, as wrangler does; nothing for a word that is no level.
std::optional<LogLevel> parse_log_level(std::string_view word);

}  // namespace cwrangler::cli
