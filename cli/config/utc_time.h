// Days and moments as text, in UTC, as they stand in configurations and in files of migrations.

#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace cwrangler::cli {

/// "2026-11-22", as a compatibility date is written.
std::string utc_date(std::chrono::system_clock::time_point time);

/// "2026-11-22T14:00:00.000Z", as JavaScript writes a Date; to the second.
std::string utc_time(std::chrono::system_clock::time_point time);

/// A moment as people and programs write it: "2026-11-22T14:00:00.5+01:00" (RFC 3339; seconds may
/// be missing), or ten digits of seconds or thirteen of milliseconds since 1970. Nothing: it is
/// neither.
std::optional<std::chrono::system_clock::time_point> parse_moment(const std::string& text);

}  // namespace cwrangler::cli
