// Which invocations a tail shows: the flags, and what the API is told.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/api/envelope.h"

namespace cwrangler::cli {

struct TailFilters {
  std::vector<std::string> statuses;  ///< "ok", "error", "canceled"
  std::string header;                 ///< "NAME" or "NAME:VALUE"
  std::vector<std::string> methods;
  std::optional<double> sampling_rate;
  std::string search;
  std::vector<std::string> addresses;  ///< of clients; "self" is this machine's
  std::string version;                 ///< id
};

/// The body of the request for a tail: {"filters": […]}. Throws Error for a rate that has no
/// effect.
ApiJson filter_message(const TailFilters& filters);

}  // namespace cwrangler::cli
