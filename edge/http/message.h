// An HTTP request that has arrived whole, and its answer, as the API's handlers see them.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "edge/http/spooled_body.h"

namespace cwrangler::edge {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;
  std::string path;   ///< as it was sent, without the query, not decoded
  std::string query;  ///< without the question mark
  std::vector<HttpHeader> headers;
  SpooledBody body;
  std::string client;   ///< the address it came from
  bool is_tls = false;  ///< the connection is encrypted

  /// The first header of that name, in any case; nothing: there is none.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// One connection after its upgrade. `send` may be called on any thread, also after the end; a
/// client that does not read is cut off rather than waited for.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;
  virtual void send(std::string text) = 0;
  virtual void close() = 0;
};

/// What becomes of a request that asked for a WebSocket.
struct WebSocketAnswer {
  std::string protocol;  ///< the one that both speak; empty: none
  std::function<void(std::shared_ptr<WebSocketSession>)> opened;
  /// Called with each text message of the client, one at a time.
  std::function<void(const std::string&)> received;
  /// Called once, whoever ended it; nothing is called after it.
  std::function<void()> closed;
};

/// A part of a file, or the files after each other.
struct FileSpan {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader> headers;
  std::variant<std::string, std::vector<FileSpan>, WebSocketAnswer> body;
};

/// Answers a request; may block. Throws nothing.
using HttpHandler = std::function<HttpResponse(HttpRequest&)>;

/// Text of a URL with its %XX replaced. Nothing for text that is not well-formed UTF-8 then, or
/// that has a broken %XX or a NUL.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank = false);

/// Names and values of a query string, decoded; pairs that cannot be are left out.
using QueryValues = std::multimap<std::string, std::string, std::less<>>;
QueryValues parse_query(std::string_view query);

}  // namespace cwrangler::edge
