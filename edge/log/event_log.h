// The endpoint's log: one JSON object a line on standard error, for machines to read and for people
// with jq. docs/edge.md lists the events and their fields.
//
// Any thread. Never secrets, headers or bodies.

#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace cwrangler::edge {

/// Writes {"time": …, "event": `event`} with `fields`, which is an object. A log that cannot be
/// written is no reason to fail.
void log_event(std::string_view event, nlohmann::json fields);

/// From now on what is said with spdlog at level info and above is written as well, as the event
/// "message". Call once, after start_logging().
void log_messages();

}  // namespace cwrangler::edge
