// A response's head as bytes: status line, the Worker's headers less those that belong to the
// connection, and those that HTTP/1 needs.
// Source: RFC 9110 §6.6.1 (Date), §7.6.1 (hop-by-hop fields), §15; RFC 9112 §4, §6.

#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "runtime/server/message_head.h"

namespace cwrangler::server {

/// How the client learns where the body ends.
enum class Framing {
  none,         ///< there is no body and no length to tell: 204, 304, a streamed answer to HEAD
  length,       ///< Content-Length
  chunked,      ///< Transfer-Encoding: chunked
  until_close,  ///< HTTP/1.0 and an unknown length
};

/// The standard's phrase for a status code; empty when there is none.
std::string_view reason_phrase(int status);

/// Throws Error when the head cannot be sent: a status outside of 200-599, a name that is no token,
/// a value or status text with a line break or another control character.
void check_response_head(const ResponseHead& head);

/// Appends the head with its final empty line to `out`. `head` was checked. `length`: for
/// Framing::length. `keep_alive`: false adds "Connection: close"; towards HTTP/1.0 true adds
/// "Connection: keep-alive".
void write_response_head(std::string& out, const ResponseHead& head, Framing framing,
                         std::uint64_t length, bool keep_alive, bool http_1_0, std::time_t now);

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t time);

}  // namespace cwrangler::server
