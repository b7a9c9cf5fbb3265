// From the Host field and a request's target to the absolute URL that a Worker sees.
// Source: RFC 9112 §3.2 and §3.3; the characters a host may have are narrowed to what the WHATWG
// URL parser takes unchanged, so that the URL never means another host than the field.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/server/message_head.h"

namespace cwrangler::server {

/// True for a host name, an IPv4 address or a bracketed IPv6 address, with or without a port.
bool valid_host(std::string_view host);

/// Sets `head.url` from its target and headers. Nothing when that worked, else what to answer.
std::optional<Rejection> resolve_target(RequestHead& head);

/// The path of a request's URL without the query: for the log.
std::string path_of(const RequestHead& head);

}  // namespace cwrangler::server
