// The heads of HTTP/1 messages as the server's parts hand them to each other.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::server {

/// A header field; the name as it was sent, the value without surrounding blanks. Bytes, not text:
/// JavaScript sees each as one code point 0-255.
struct Header {
  std::string name;
  std::string value;
};

/// ASCII case is ignored.
bool same_name(std::string_view a, std::string_view b);

/// The first value of a field; null when there is none.
const std::string* find_header(const std::vector<Header>& headers, std::string_view name);

/// True when a comma-separated field (Connection, Accept) lists the token, in any of its lines.
bool lists_token(const std::vector<Header>& headers, std::string_view name, std::string_view token);

struct RequestHead {
  std::string method;
  std::string target;  ///< as sent: "/path?query", "http://host/path" or "*"
  std::string url;     ///< absolute, made by request_target.h
  std::vector<Header> headers;
  bool secure = false;  ///< the client speaks HTTPS
  bool http_1_0 = false;
  bool keep_alive = true;  ///< the client wants to send more on this connection
  bool has_body = false;
  bool expects_continue = false;  ///< sends the body only when asked to (Expect: 100-continue)
};

struct ResponseHead {
  int status = 200;
  std::string status_text;  ///< empty: the standard's phrase
  std::vector<Header> headers;
};

/// A request that HTTP itself forbids, and the answer to it.
struct Rejection {
  int status = 400;
  std::string reason;  ///< one sentence for the response's body
};

}  // namespace cwrangler::server
