// One HTTP/1 request from bytes: the head, then the body with its chunks undone. It holds no bytes:
// the caller keeps what was not consumed and offers it again with more behind.
//
// The grammar is Boost.Beast's; what Beast forgives and request smuggling is made of (folded lines,
// bare line feeds, repeated or unknown framing fields) is refused here.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/server/http_limits.h"
#include "runtime/server/message_head.h"

namespace cwrangler::server {

class RequestParser {
 public:
  /// `limits` must outlive the parser.
  explicit RequestParser(const HttpLimits& limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  ~RequestParser();

  /// Makes it ready for the connection's next request.
  void reset();

  /// Reads a head from the beginning of `input`: bytes consumed, 0 when it is not there whole. Sets
  /// all of `head`. After a failure see rejection().
  size_t parse_head(std::string_view input, RequestHead& head);

  /// Appends to `body` what `input` holds of the body, at most `limits.read_bytes`. Bytes consumed;
  /// fewer than offered when more is needed to go on, the piece is full, or the request is
  /// complete.
  size_t parse_body(std::string_view input, std::vector<uint8_t>& body);

  /// The request was read to its end.
  bool complete() const;

  /// Why the request cannot be taken; its bytes and all after them mean nothing then.
  const std::optional<Rejection>& rejection() const;

 private:
  class Grammar;

  /// The end of the head, 0 when it is not in `input` yet. Checks each line on the way.
  size_t find_head_end(std::string_view input);
  void reject(int status, std::string_view reason);
  void check_framing(const RequestHead& head);

  const HttpLimits& limits_;
  std::optional<Rejection> rejection_;
  std::unique_ptr<Grammar> grammar_;
  size_t line_begin_ = 0;  // of the first line of the head that is not complete
  bool first_line_ = true;
};

}  // namespace cwrangler::server
