#include "runtime/server/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace cwrangler::server {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// The last chunk, where the body has no other and no trailers.
constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// What Beast recognises, put where the caller wants it.
class RequestParser::Grammar final : public http::basic_parser<true> {
 public:
  RequestHead* head = nullptr;           // while the head is parsed
  std::vector<uint8_t>* body = nullptr;  // while the body is parsed
  size_t room = 0;                       // how many more bytes `body` may get
  int version = 11;

  /// Whether the head of a chunk is next, with the end of the line before it.
  bool awaits_chunk() const { return chunked() && chunk_left_ == 0; }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int http_version,
                       error_code&) override {
    head->method.assign(method.data(), method.size());
    head->target.assign(target.data(), target.size());
    version = http_version;
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
    if (head == nullptr) return;  // a trailer; JavaScript has no place for it
    head->headers.push_back({std::string(name), std::string(value)});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  size_t on_body_impl(string_view bytes, error_code&) override { return take(bytes); }
  void on_chunk_header_impl(std::uint64_t size, string_view, error_code&) override {
    chunk_left_ = size;
  }
  size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    const size_t count = take(bytes);
    chunk_left_ -= count;
    return count;
  }
  void on_finish_impl(error_code&) override {}

  size_t take(string_view bytes) {
    const size_t count = std::min(bytes.size(), room);
    body->insert(body->end(), bytes.begin(), bytes.begin() + count);
    room -= count;
    return count;
  }

  std::uint64_t chunk_left_ = 0;  // bytes of the chunk that are still to come
};

RequestParser::RequestParser(const HttpLimits& limits) : limits_(limits) {
  reset();
}

RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  grammar_ = std::make_unique<Grammar>();
  grammar_->header_limit(static_cast<std::uint32_t>(limits_.head_bytes + 4));
  grammar_->body_limit(boost::none);
  rejection_.reset();
  line_begin_ = 0;
  first_line_ = true;
}

bool RequestParser::complete() const {
  return grammar_->is_done();
}

const std::optional<Rejection>& RequestParser::rejection() const {
  return rejection_;
}

void RequestParser::reject(int status, std::string_view reason) {
  rejection_ = Rejection{status, std::string(reason)};
}

size_t RequestParser::find_head_end(std::string_view input) {
  for (;;) {
    const size_t feed = input.find('\n', line_begin_);
    const size_t line_end = feed == std::string_view::npos ? input.size() : feed;
    if (first_line_ && line_end - line_begin_ > limits_.request_line_bytes) {
      reject(414, "The request's URL is too long.");
      return 0;
    }
    if (line_end > limits_.head_bytes) {
      reject(431, "The request's headers are too large.");
      return 0;
    }
    if (feed == std::string_view::npos) return 0;
    if (feed == line_begin_ || input[feed - 1] != '\r') {
      reject(400, "A line of the request's head does not end with CR LF.");
      return 0;
    }
    const bool empty = feed - 1 == line_begin_;
    if (empty && !first_line_) return feed + 1;
    if (!first_line_ && (input[line_begin_] == ' ' || input[line_begin_] == '\t')) {
      reject(400, "A header of the request is folded over lines.");
      return 0;
    }
    line_begin_ = feed + 1;
    first_line_ = false;
  }
}

size_t RequestParser::parse_head(std::string_view input, RequestHead& head) {
  // Empty lines before a request are forgiven (RFC 9112 §2.2): some clients end a body with one.
  size_t skipped = 0;
  while (input.substr(skipped).starts_with("\r\n")) skipped += 2;
  if (skipped > 8) {
    reject(400, "The request begins with empty lines.");
    return 0;
  }
  input.remove_prefix(skipped);
  // A first byte that begins no method: another protocol, most often TLS. Better told at once than
  // after the time limit for heads.
  if (!input.empty() && (input[0] <= ' ' || input[0] >= 0x7f) && input[0] != '\r') {
    reject(400, "This is an HTTP server, and what it got is not an HTTP request.");
    return 0;
  }
  const size_t end = find_head_end(input);
  if (end == 0) return 0;

  head = RequestHead{};
  grammar_->head = &head;
  error_code error;
  size_t consumed = grammar_->put(asio::const_buffer(input.data(), end), error);
  // Beast stops between the request line and the fields when it likes to.
  while (!error && !grammar_->is_header_done() && consumed < end) {
    consumed += grammar_->put(asio::const_buffer(input.data() + consumed, end - consumed), error);
  }
  grammar_->head = nullptr;
  if (error || !grammar_->is_header_done() || consumed != end) {
    // Beast also says so of a request line with too many blanks.
    const std::string_view line = input.substr(0, input.find('\r'));
    if (error == http::error::bad_version && std::count(line.begin(), line.end(), ' ') == 2) {
      reject(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    } else {
      reject(400, error ? "The request's head is malformed: " + error.message() + "."
                        : "The request's head is malformed.");
    }
    return 0;
  }
  head.http_1_0 = grammar_->version == 10;
  head.keep_alive = grammar_->keep_alive();
  head.has_body = !grammar_->is_done();
  check_framing(head);
  return rejection_ ? 0 : skipped + end;
}

/// RFC 9112 §6: what decides where the body ends must have one meaning.
void RequestParser::check_framing(const RequestHead& head) {
  if (grammar_->version != 10 && grammar_->version != 11) {
    reject(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    return;
  }
  size_t lengths = 0;
  size_t encodings = 0;
  for (const Header& header : head.headers) {
    if (same_name(header.name, "content-length")) {
      ++lengths;
      if (header.value.empty() || header.value.size() > 19 ||
          header.value.find_first_not_of("0123456789") != std::string::npos) {
        reject(400, "The Content-Length header is not a number.");
      }
    } else if (same_name(header.name, "transfer-encoding")) {
      ++encodings;
      if (!same_name(header.value, "chunked")) {
        reject(501, "Only the transfer encoding \"chunked\" is understood.");
      }
    }
  }
  if (lengths > 1 || encodings > 1 || (lengths == 1 && encodings == 1)) {
    reject(400, "The request says more than once where its body ends.");
  }
  if (encodings == 1 && head.http_1_0) {
    reject(400, "HTTP/1.0 knows no Transfer-Encoding.");
  }
}

size_t RequestParser::parse_body(std::string_view input, std::vector<uint8_t>& body) {
  size_t consumed = 0;
  grammar_->body = &body;
  grammar_->room = limits_.read_bytes;
  while (!complete() && consumed < input.size() && grammar_->room > 0) {
    error_code error;
    const std::string_view rest = input.substr(consumed);
    // Beast 1.81 asserts that there is all of the last chunk when it is given a part of it again.
    if (grammar_->awaits_chunk() && rest.starts_with('0') && rest.size() < kLastChunk.size()) break;
    const size_t count = grammar_->put(asio::const_buffer(rest.data(), rest.size()), error);
    consumed += count;
    if (error == http::error::need_more) {
      if (rest.size() > limits_.chunk_line_bytes && count == 0) {
        reject(400, "A chunk of the request's body has too long a head.");
      }
      break;
    }
    if (error) {
      reject(400, "The request's body is malformed: " + error.message() + ".");
      break;
    }
  }
  grammar_->body = nullptr;
  return consumed;
}

}  // namespace cwrangler::server
