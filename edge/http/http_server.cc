#include "edge/http/http_server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <fstream>
#include <set>

#include "base/error.h"
#include "edge/http/web_socket.h"

namespace cwrangler::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::use_awaitable;
using boost::system::error_code;
using Parser = http::request_parser<http::buffer_body>;

constexpr std::uint32_t kMostHeaderBytes = 64 * 1024;
constexpr size_t kPiece = 256 * 1024;

HttpRequest head_of(const Parser& parser) {
  HttpRequest request;
  const auto& head = parser.get();
  request.method = std::string(head.method_string());
  const std::string_view target(head.target().data(), head.target().size());
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  for (const auto& field : head) {
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  return request;
}

template <class Body>
void fill_head(http::response<Body>& message, const HttpResponse& response, bool keep_alive) {
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  for (const HttpHeader& header : response.headers) message.insert(header.name, header.value);
  message.keep_alive(keep_alive);
}

template <class Stream>
asio::awaitable<bool> write_text(Stream& stream, const HttpResponse& response, bool keep_alive,
                                 bool with_body) {
  const std::string& text = std::get<std::string>(response.body);
  http::response<http::string_body> message;
  fill_head(message, response, keep_alive);
  message.content_length(text.size());
  if (with_body) message.body() = text;
  http::response_serializer<http::string_body> serializer(message);
  if (!with_body) {
    auto [error, bytes] = co_await http::async_write_header(stream, serializer, kQuiet);
    co_return !error;
  }
  auto [error, bytes] = co_await http::async_write(stream, serializer, kQuiet);
  co_return !error;
}

template <class Stream>
asio::awaitable<bool> write_files(Stream& stream, const HttpResponse& response, bool keep_alive,
                                  bool with_body) {
  const auto& spans = std::get<std::vector<FileSpan>>(response.body);
  std::uint64_t length = 0;
  for (const FileSpan& span : spans) length += span.length;
  http::response<http::buffer_body> message;
  fill_head(message, response, keep_alive);
  message.content_length(length);
  message.body().data = nullptr;
  message.body().more = with_body && length > 0;
  http::response_serializer<http::buffer_body> serializer(message);
  auto [head_error, head_bytes] = co_await http::async_write_header(stream, serializer, kQuiet);
  if (head_error) co_return false;
  if (!with_body || length == 0) co_return true;
  std::string piece(kPiece, '\0');
  for (const FileSpan& span : spans) {
    std::ifstream file(span.path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(span.offset));
    for (std::uint64_t left = span.length; left > 0;) {
      const size_t count = static_cast<size_t>(std::min<std::uint64_t>(left, kPiece));
      // The head has gone: a file that is shorter than it was ends the connection.
      if (!file.read(piece.data(), static_cast<std::streamsize>(count))) co_return false;
      left -= count;
      length -= count;
      message.body().data = piece.data();
      message.body().size = count;
      message.body().more = length > 0;
      beast::get_lowest_layer(stream).expires_after(kClientSilence);
      auto [error, bytes] = co_await http::async_write(stream, serializer, kQuiet);
      if (error && error != http::error::need_buffer) co_return false;
    }
  }
  co_return true;
}

}  // namespace

class HttpServer::Conversations : public std::enable_shared_from_this<Conversations> {
 public:
  Conversations(const HttpServerOptions& options, HttpHandler handler,
                std::function<HttpResponse(int, std::string)> refused)
      : options_(options),
        handler_(std::move(handler)),
        refused_(std::move(refused)),
        pool_(options.threads) {}

  template <class Stream>
  asio::awaitable<void> converse(Stream& stream, const std::string& client) {
    const auto self = shared_from_this();
    beast::flat_buffer buffer;
    bool goes_on = true;
    while (goes_on && !stopping_) goes_on = co_await exchange(stream, buffer, client);
  }

  void stop() {
    stopping_ = true;
    for (beast::tcp_stream* stream : idle_) stream->cancel();
  }

  void join() { pool_.join(); }

 private:
  /// One request and its answer; false when the connection has ended.
  template <class Stream>
  asio::awaitable<bool> exchange(Stream& stream, beast::flat_buffer& buffer,
                                 const std::string& client) {
    beast::tcp_stream& lowest = beast::get_lowest_layer(stream);
    Parser parser;
    parser.header_limit(kMostHeaderBytes);
    parser.body_limit(options_.most_body);
    lowest.expires_after(kClientSilence);
    idle_.insert(&lowest);
    auto [error, bytes] = co_await http::async_read_header(stream, buffer, parser, kQuiet);
    idle_.erase(&lowest);
    if (error) {
      co_await refuse(stream, error);
      co_return false;
    }
    HttpRequest request = head_of(parser);
    request.client = client;
    request.is_tls = std::is_same_v<Stream, TlsStream>;
    if (!co_await read_body(stream, buffer, parser, request)) co_return false;

    HttpResponse response = co_await answer(request);
    if (auto* const web_socket = std::get_if<WebSocketAnswer>(&response.body)) {
      http::request<http::empty_body> head;
      head.base() = parser.get().base();
      co_await run_web_socket(stream, std::move(head), std::move(*web_socket));
      co_return false;
    }
    const bool keep_alive = parser.get().keep_alive() && !stopping_;
    const bool with_body = request.method != "HEAD";
    lowest.expires_after(kClientSilence);
    const bool written = std::holds_alternative<std::string>(response.body)
                             ? co_await write_text(stream, response, keep_alive, with_body)
                             : co_await write_files(stream, response, keep_alive, with_body);
    co_return written&& keep_alive;
  }

  template <class Stream>
  asio::awaitable<bool> read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                  HttpRequest& request) {
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      auto [error, bytes] = co_await http::async_write(stream, go_on, kQuiet);
      if (error) co_return false;
    }
    std::string piece(kPiece, '\0');
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      beast::get_lowest_layer(stream).expires_after(kClientSilence);
      auto [error, bytes] = co_await http::async_read(stream, buffer, parser, kQuiet);
      if (error && error != http::error::need_buffer) {
        co_await refuse(stream, error);
        co_return false;
      }
      const size_t count = piece.size() - parser.get().body().size;
      std::string failure;
      try {
        request.body.append(std::string_view(piece).substr(0, count));
      } catch (const Error& full) {
        failure = full.what();
      }
      if (!failure.empty()) {
        co_await write_text(stream, refused_(507, failure), false, true);
        co_return false;
      }
    }
    co_return true;
  }

  asio::awaitable<HttpResponse> answer(HttpRequest& request) {
    co_return co_await asio::co_spawn(
        pool_, [this, &request]() -> asio::awaitable<HttpResponse> { co_return handler_(request); },
        use_awaitable);
  }

  /// Says what is wrong with a request, where there is one and it is more than a lost connection.
  template <class Stream>
  asio::awaitable<void> refuse(Stream& stream, error_code error) {
    int status = 400;
    if (error == http::error::body_limit) {
      status = 413;
    } else if (error == http::error::header_limit) {
      status = 431;
    } else if (error.category() != error_code(http::error::bad_method).category() ||
               error == http::error::end_of_stream || error == http::error::partial_message) {
      co_return;
    }
    beast::get_lowest_layer(stream).expires_after(kClientSilence);
    const std::string why = status == 413   ? "the body is too large"
                            : status == 431 ? "the headers are too large"
                                            : "this is no HTTP request: " + error.message();
    co_await write_text(stream, refused_(status, why), false, true);
  }

  const HttpServerOptions options_;
  const HttpHandler handler_;
  const std::function<HttpResponse(int, std::string)> refused_;
  asio::thread_pool pool_;
  std::set<beast::tcp_stream*> idle_;
  bool stopping_ = false;
};

HttpServer::HttpServer(asio::io_context& loop, const HttpServerOptions& options,
                       HttpHandler handler, std::function<HttpResponse(int, std::string)> refused)
    : conversations_(
          std::make_shared<Conversations>(options, std::move(handler), std::move(refused))) {
  const auto serve = [conversations = conversations_](auto& stream, const std::string& client) {
    return conversations->converse(stream, client);
  };
  listener_ = std::make_shared<Listener>(loop, options.listener, Listener::Serve{serve, serve});
}

HttpServer::~HttpServer() {
  conversations_->join();
}

std::uint16_t HttpServer::port() const {
  return listener_->port();
}

void HttpServer::start() {
  listener_->start();
}

void HttpServer::stop() {
  listener_->stop();
  conversations_->stop();
}

}  // namespace cwrangler::edge
