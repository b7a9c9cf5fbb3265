// One HTTP/1 connection: requests one after the other, each answered before the next is looked at.
// Reading is on demand and writing is bounded, so neither a fast client nor a fast Worker fills the
// memory. Internal to connections.h.
//
// The socket is waited on, then read without blocking into a buffer that the whole loop shares: an
// idle connection holds no buffer, and can be handed over without losing a byte.

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/server/connections.h"
#include "runtime/server/exchange.h"
#include "runtime/server/request_parser.h"
#include "runtime/server/response_head.h"

namespace cwrangler::server {

class Connection;

/// What the connections of one loop share.
struct ConnectionLoop {
  ConnectionLoop(boost::asio::io_context& io_context, RequestHandler& request_handler,
                 const HttpLimits& http_limits)
      : io(io_context),
        handler(request_handler),
        limits(http_limits),
        scratch(http_limits.read_bytes) {}

  boost::asio::io_context& io;
  RequestHandler& handler;
  const HttpLimits limits;
  std::vector<char> scratch;  ///< what was just read; dealt with before the next read of any socket
  std::unordered_set<std::shared_ptr<Connection>> open;
  size_t active = 0;
  std::uint64_t last_id = 0;
  bool finishing = false;
  std::function<void(Handover)> successor;
  std::function<void()> idle;      ///< see Connections::on_idle
  std::function<void()> released;  ///< there is room for another connection
};

class Connection final : public Exchange, public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  /// `from`: what is known of the connection already, beside its socket. To be put into `loop.open`
  /// by the caller, then started.
  Connection(ConnectionLoop& loop, boost::asio::ip::tcp::socket socket, Handover from);

  void start();
  /// The loop has a successor, or is finishing: goes if it is between two requests.
  void reconsider();
  /// Ends the request under way and closes.
  void abort();
  /// Acts on the time limits that have passed.
  void check_deadlines(Clock::time_point now);

  // Exchange
  std::uint64_t id() const override { return id_; }
  const RequestHead& request() const override { return request_; }
  bool responded() const override { return response_ != Response::none; }
  void read_body() override;
  bool respond(const ResponseHead& head, std::optional<std::span<const uint8_t>> body,
               std::shared_ptr<const void> owner) override;
  bool write(std::span<const uint8_t> bytes) override;
  void end() override;
  Descriptor take_over() override;
  void cut() override;

 private:
  enum class State {
    waiting,    ///< for a request's head, or the rest of it
    handling,   ///< the handler has the request
    draining,   ///< dropping what it left of the body
    lingering,  ///< all is said; dropping what the client still sends
    closed,
  };
  enum class Response { none, streaming, ended };

  // reading
  void arm_read();
  void on_readable();
  void on_end_of_input();
  void take_input(std::string_view bytes);
  void advance();
  bool begin_request();
  void deliver_body(std::string_view bytes, bool from_input);
  void drain(std::string_view bytes);
  void watch_for_the_client();

  // writing
  void send(std::string_view before, std::span<const uint8_t> bytes, std::string_view after);
  void flush();
  void schedule_flush();
  void arm_write();
  void consume(size_t count);
  size_t queued() const { return out_.size() - out_sent_ + tail_.size(); }
  void refuse(const Rejection& rejection);

  // from one request to the next
  Framing choose_framing(const ResponseHead& head, std::optional<std::span<const uint8_t>> body);
  void finish_response();
  void finish_exchange(bool completed);
  void next_request();
  void linger();
  bool leave_if_asked();
  void close();

  ConnectionLoop& loop_;
  boost::asio::ip::tcp::socket socket_;
  State state_ = State::waiting;
  const bool secure_;
  const bool proxied_;
  std::string input_;  // read, not looked at yet
  RequestParser parser_;
  bool reading_ = false;    // a wait for input is under way
  bool advancing_ = false;  // advance() is on the stack

  // The request under way.
  std::uint64_t id_ = 0;
  RequestHead request_;
  RequestRecord record_;
  Clock::time_point began_{};
  bool active_ = false;       // the handler knows of it
  bool body_wanted_ = false;  // the handler waits for on_body
  bool continued_ = false;    // "100 Continue" was sent
  size_t drained_ = 0;

  // Its response.
  Response response_ = Response::none;
  Framing framing_ = Framing::none;
  std::uint64_t remaining_ = 0;  // of a streamed body with a Content-Length
  bool keep_alive_ = true;
  bool broken_ = false;  // nothing can be written any more; on_finished is on its way

  // Bytes that wait for the client: out_ from out_sent_ on, then tail_.
  std::string out_;
  size_t out_sent_ = 0;
  std::span<const uint8_t> tail_;
  std::shared_ptr<const void> tail_owner_;
  bool writing_ = false;  // a wait for room in the socket is under way
  bool flush_posted_ = false;
  bool drain_wanted_ = false;  // the handler waits for on_drained

  Clock::time_point read_deadline_ = Clock::time_point::max();
  Clock::time_point write_deadline_ = Clock::time_point::max();
};

}  // namespace cwrangler::server
