// Where a Worker believes to be: in a dev session `request.url` names the host that it has in
// production, not the address on this machine.

#pragma once

#include <string>

namespace cwrangler::cli {

/// The host of a route's pattern as wrangler infers it: "example.com" for "*.example.com/api/*".
/// Empty when the pattern is about all hosts, or names none.
std::string host_of_route(const std::string& pattern);

/// "example.com" for "example.com:8443", "[::1]" for "[::1]:80".
std::string without_port(const std::string& host);

/// `host` ("example.com", with or without a port) as it is; throws Error (usage), naming `source`
/// ("--host"), for anything else, such as a URL.
std::string checked_host(const std::string& host, const std::string& source);

}  // namespace cwrangler::cli
