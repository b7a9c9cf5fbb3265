// One HTTP exchange: what is sent, what comes back, and the interface behind which it happens.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace cwrangler::cli {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<HttpHeader> headers;
  std::string_view body;  ///< must outlive the exchange
  /// Takes the body of a success in pieces, in place of HttpResponse::body. Empty: none.
  std::function<void(std::string_view)> sink;
  /// Called now and then while the exchange takes its time, with the bytes of `body` that are sent.
  std::function<void(std::uint64_t sent)> progress;
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;

  /// The value of the last header of that name, in any case; empty: there is none.
  std::string header(std::string_view name) const;
};

/// No answer came.
class TransportError : public Error {
 public:
  /// `reached`: the request, or a part of it, may have arrived.
  TransportError(std::string problem, bool reached)
      : Error(std::move(problem)), reached_(reached) {}

  bool may_have_arrived() const { return reached_; }

 private:
  bool reached_;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Any status is an answer; redirections are not followed. Throws TransportError when there is
  /// none. One thread at a time.
  virtual HttpResponse send(const HttpRequest& request) = 0;
};

/// `text` as one segment of a path or a value of a query: everything but letters, digits and -_.~
/// as %XX.
std::string percent_encoded(std::string_view text);

/// Names and values of a query string.
using Query = std::vector<std::pair<std::string, std::string>>;

/// "?a=1&b=2", encoded; empty for none.
std::string query_string(const Query& query);

}  // namespace cwrangler::cli
