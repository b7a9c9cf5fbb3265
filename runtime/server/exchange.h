// One request and its response, between the connection it came on and whoever answers it. Neither
// side knows the other: connections are tested without JavaScript, handlers need no socket.
//
// Everything happens on the event loop of the connection.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "runtime/server/message_head.h"

namespace cwrangler::server {

/// The handler's view of a request under way. Valid from RequestHandler::on_request until
/// on_finished returns.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// Different from all others of this event loop.
  virtual std::uint64_t id() const = 0;
  virtual const RequestHead& request() const = 0;
  /// True once respond() was called.
  virtual bool responded() const = 0;

  /// Asks for the next piece of the request's body, which RequestHandler::on_body brings, perhaps
  /// before this returns. One piece at a time.
  virtual void read_body() = 0;

  /// Sends the response's head, and its body when it is whole: `body` without a value means that it
  /// is streamed with write() and end(). `owner` keeps the bytes alive and unchanged until they are
  /// sent; without it, what the socket does not take at once is copied.
  /// Returns true when write() and end() are to follow; a streamed body is not wanted where the
  /// answer has no place for one (HEAD, 204, 304). Throws Error, and has sent nothing, when the
  /// head cannot be sent as it is or a response was given before.
  virtual bool respond(const ResponseHead& head, std::optional<std::span<const uint8_t>> body,
                       std::shared_ptr<const void> owner) = 0;

  /// Sends a piece of a streamed body; the bytes are copied as far as need be. False: wait for
  /// RequestHandler::on_drained before the next. Throws Error when there is no streamed response,
  /// or the body gets longer than the response's Content-Length said.
  virtual bool write(std::span<const uint8_t> bytes) = 0;

  /// Ends a streamed body. One that is shorter than its Content-Length said cuts the connection.
  virtual void end() = 0;

  /// Takes the connection out of HTTP, for the answer to an `Upgrade`: the caller gets the socket,
  /// and sends the response itself. on_finished is called before this returns. Throws Error when
  /// the request has a body, its client has sent more already, or a response was given before.
  virtual Descriptor take_over() = 0;

  /// Breaks the connection off, so that the client sees the response is not whole. on_finished
  /// follows later.
  virtual void cut() = 0;
};

/// What the log says about a request.
struct RequestRecord {
  std::string method;
  std::string path;  ///< without the query
  int status = 0;    ///< 0: none was sent
  std::string status_text;
  std::chrono::steady_clock::duration duration{};
};

/// Answers requests. None of these may throw.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  /// A request's head is there. Answer it now or later.
  virtual void on_request(Exchange& exchange) = 0;
  /// A piece of the body that was asked for; empty: the body has ended.
  virtual void on_body(Exchange& exchange, std::vector<uint8_t> bytes) = 0;
  /// Exchange::write may be called again.
  virtual void on_drained(Exchange& exchange) = 0;
  /// The exchange is over, exactly once for each on_request; not to be used after this returns.
  /// `completed`: the whole response went out; else the client is gone or the connection was cut.
  /// May be called from inside respond(), end() or on_request().
  virtual void on_finished(Exchange& exchange, bool completed, const RequestRecord& record) = 0;
};

}  // namespace cwrangler::server
