// The server's side of one WebSocket connection (RFC 6455) that only sends texts and listens.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <memory>
#include <string>

#include "edge/http/listener.h"
#include "edge/http/masked_frames.h"
#include "edge/http/message.h"

namespace cwrangler::edge {

/// Lives on the connection's loop; send() and close() come from anywhere.
template <class Stream>
class WebSocketConnection : public WebSocketSession,
                            public std::enable_shared_from_this<WebSocketConnection<Stream>> {
 public:
  explicit WebSocketConnection(Stream& stream)
      : executor_(stream.get_executor()), socket_(stream), wake_(executor_) {
    wake_.expires_at(std::chrono::steady_clock::time_point::max());
  }

  void send(std::string text) override {
    boost::asio::post(executor_, [self = this->shared_from_this(), text = std::move(text)] {
      if (self->ended_) return;
      self->waiting_bytes_ += text.size();
      self->waiting_.push_back(std::move(text));
      if (self->waiting_bytes_ > kMostWaiting) self->abandon();
      self->wake_.cancel();
    });
  }

  void close() override {
    boost::asio::post(executor_, [self = this->shared_from_this()] {
      self->closing_ = true;
      self->wake_.cancel();
    });
  }

  boost::asio::awaitable<void> run(boost::beast::http::request<boost::beast::http::empty_body> head,
                                   WebSocketAnswer answer) {
    namespace websocket = boost::beast::websocket;
    socket_.set_option(websocket::stream_base::timeout::suggested(boost::beast::role_type::server));
    socket_.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
      if (!answer.protocol.empty()) {
        response.set(boost::beast::http::field::sec_websocket_protocol, answer.protocol);
      }
    }));
    socket_.read_message_max(64 * 1024);
    // The WebSocket has timeouts of its own.
    boost::beast::get_lowest_layer(socket_).expires_never();
    auto [error] = co_await socket_.async_accept(head, kQuiet);
    if (error) {
      answer.closed();
      co_return;
    }
    answer.opened(this->shared_from_this());
    boost::asio::co_spawn(executor_, write(this->shared_from_this()), boost::asio::detached);
    boost::beast::flat_buffer buffer;
    for (;;) {
      auto [failed, bytes] = co_await socket_.async_read(buffer, kQuiet);
      if (failed) break;
      if (socket_.got_text() && answer.received) {
        answer.received(boost::beast::buffers_to_string(buffer.data()));
      }
      buffer.consume(buffer.size());
    }
    ended_ = true;
    wake_.cancel();
    // The stream is the caller's: it goes when nobody writes to it any more.
    while (writing_) {
      boost::asio::steady_timer turn(executor_, std::chrono::milliseconds(1));
      co_await turn.async_wait(kQuiet);
    }
    answer.closed();
  }

 private:
  /// A client that is so far behind does not read.
  static constexpr size_t kMostWaiting = 8 << 20;

  // `self` keeps this alive while the coroutine runs.
  boost::asio::awaitable<void> write([[maybe_unused]] std::shared_ptr<WebSocketConnection> self) {
    writing_ = true;
    while (!ended_) {
      if (waiting_.empty()) {
        if (closing_) {
          co_await socket_.async_close(boost::beast::websocket::close_code::normal, kQuiet);
          break;
        }
        co_await wake_.async_wait(kQuiet);
        continue;
      }
      const std::string text = std::move(waiting_.front());
      waiting_.pop_front();
      waiting_bytes_ -= text.size();
      socket_.text(true);
      auto [error, bytes] = co_await socket_.async_write(boost::asio::buffer(text), kQuiet);
      if (error) break;
    }
    writing_ = false;
  }

  void abandon() {
    ended_ = true;
    boost::system::error_code ignored;
    boost::beast::get_lowest_layer(socket_).socket().close(ignored);
  }

  const boost::asio::any_io_executor executor_;
  boost::beast::websocket::stream<MaskedFrames<Stream>> socket_;
  boost::asio::steady_timer wake_;  // cancelled when there is something to do
  std::deque<std::string> waiting_;
  size_t waiting_bytes_ = 0;
  bool closing_ = false;
  bool writing_ = false;
  bool ended_ = false;
};

/// Accepts the upgrade and returns when the connection has ended.
template <class Stream>
boost::asio::awaitable<void> run_web_socket(
    Stream& stream, boost::beast::http::request<boost::beast::http::empty_body> head,
    WebSocketAnswer answer) {
  const auto connection = std::make_shared<WebSocketConnection<Stream>>(stream);
  co_await connection->run(std::move(head), std::move(answer));
}

}  // namespace cwrangler::edge
