// What is counted, as Prometheus reads it.

#pragma once

#include <string>

#include "edge/serving/fleet.h"
#include "edge/serving/request_counts.h"

namespace cwrangler::edge {

/// Text format, version 0.0.4.
std::string metrics_text(const RequestCounts& requests, Fleet& fleet);

}  // namespace cwrangler::edge
