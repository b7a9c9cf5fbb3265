// The stand-ins of `--outbound-map`: servers of this machine that answer for hosts elsewhere.

#pragma once

#include <map>
#include <string>
#include <vector>

namespace cwrangler::cli {

/// From the option's values, "HOST=URL" or "HOST:PORT=URL", to what the runtime's configuration
/// has: the host in lower case to the origin of its stand-in. A host that is given twice goes to
/// the last. Throws Error (usage) for a value that is none, and for a URL that is more than
/// http(s)://host[:port].
std::map<std::string, std::string> parse_outbound_map(const std::vector<std::string>& values);

}  // namespace cwrangler::cli
