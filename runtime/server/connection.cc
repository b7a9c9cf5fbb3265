#include "runtime/server/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "base/error.h"
#include "runtime/server/request_target.h"

namespace cwrangler::server {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr auto kNever = Connection::Clock::time_point::max();
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool would_block(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

Connection::Connection(ConnectionLoop& loop, tcp::socket socket, Handover from)
    : loop_(loop),
      socket_(std::move(socket)),
      secure_(from.secure),
      proxied_(from.proxied),
      input_(std::move(from.input)),
      parser_(loop.limits) {}

void Connection::start() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  next_request();
}

void Connection::reconsider() {
  if (state_ == State::waiting) leave_if_asked();
}

// ---- reading ----------------------------------------------------------------------------------

void Connection::arm_read() {
  if (reading_ || state_ == State::closed) return;
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->reading_ = false;
    if (self->state_ == State::closed) return;
    if (error) {
      self->abort();
    } else {
      self->on_readable();
    }
  });
}

void Connection::on_readable() {
  error_code error;
  const size_t count = socket_.read_some(asio::buffer(loop_.scratch), error);
  if (would_block(error)) {
    arm_read();
  } else if (error == asio::error::eof) {
    on_end_of_input();
  } else if (error) {
    abort();
  } else {
    take_input({loop_.scratch.data(), count});
  }
}

void Connection::on_end_of_input() {
  // A client which asked for the connection to be closed may have closed its own side already and
  // still wants the answer. From any other it means that it has gone.
  if (state_ == State::handling && parser_.complete() && !request_.keep_alive) return;
  abort();
}

void Connection::take_input(std::string_view bytes) {
  switch (state_) {
    case State::waiting:
      input_.append(bytes);
      advance();
      break;
    case State::handling:
      if (body_wanted_ && input_.empty()) {
        deliver_body(bytes, /*from_input=*/false);
      } else {
        input_.append(bytes);
        if (body_wanted_) {
          deliver_body(input_, /*from_input=*/true);
        } else {
          watch_for_the_client();
        }
      }
      break;
    case State::draining:
      drain(bytes);
      break;
    case State::lingering:
      drained_ += bytes.size();
      if (drained_ > loop_.limits.drain_bytes) {
        close();
      } else {
        arm_read();
      }
      break;
    case State::closed:
      break;
  }
}

/// Takes requests from input_ until one is left to the handler or more bytes are needed. A loop,
/// not a recursion through the handler: a client may send thousands ahead.
void Connection::advance() {
  if (advancing_) return;
  advancing_ = true;
  while (state_ == State::waiting && begin_request()) {
  }
  advancing_ = false;
}

bool Connection::begin_request() {
  const size_t consumed = parser_.parse_head(input_, request_);
  if (parser_.rejection()) {
    refuse(*parser_.rejection());
    return false;
  }
  if (consumed == 0) {
    if (leave_if_asked()) return false;
    if (!input_.empty() && began_ == Clock::time_point{}) {
      began_ = Clock::now();
      read_deadline_ = began_ + loop_.limits.head_timeout;
    }
    arm_read();
    return false;
  }
  input_.erase(0, consumed);
  read_deadline_ = kNever;
  if (request_.method == "CONNECT" || request_.method == "TRACE" || request_.method == "TRACK") {
    // fetch() forbids them: a Worker cannot get such a Request.
    refuse({405, "The method " + request_.method + " is not allowed."});
    return false;
  }
  const std::string* const protocol =
      proxied_ ? find_header(request_.headers, "x-forwarded-proto") : nullptr;
  request_.secure = secure_ || (protocol != nullptr && *protocol == "https");
  if (const auto rejection = resolve_target(request_)) {
    refuse(*rejection);
    return false;
  }
  if (const std::string* expect = find_header(request_.headers, "expect")) {
    if (!same_name(*expect, "100-continue")) {
      refuse({417, "The only expectation understood is \"100-continue\"."});
      return false;
    }
    request_.expects_continue = !request_.http_1_0;
  }
  began_ = Clock::now();
  id_ = ++loop_.last_id;
  ++loop_.active;
  active_ = true;
  state_ = State::handling;
  record_ = {request_.method, path_of(request_), 0, {}, {}};
  loop_.handler.on_request(*this);
  watch_for_the_client();
  return true;
}

/// While the handler works nothing is expected from the client, except that it may leave.
void Connection::watch_for_the_client() {
  if (state_ == State::handling && parser_.complete() &&
      input_.size() < loop_.limits.pipelined_bytes) {
    arm_read();
  }
}

void Connection::read_body() {
  if (broken_) return;
  if (parser_.complete()) {
    loop_.handler.on_body(*this, {});
    return;
  }
  body_wanted_ = true;
  if (request_.expects_continue && !continued_ && input_.empty() && !responded()) {
    continued_ = true;
    out_ += kContinue;
    flush();
  }
  if (!input_.empty()) deliver_body(input_, /*from_input=*/true);
  if (body_wanted_ && state_ == State::handling && !broken_) {
    read_deadline_ = Clock::now() + loop_.limits.body_timeout;
    arm_read();
  }
}

/// Gives the handler the body's bytes among `bytes`, which are input_ or were just read.
void Connection::deliver_body(std::string_view bytes, bool from_input) {
  const auto self = shared_from_this();
  std::vector<uint8_t> body;
  const size_t consumed = parser_.parse_body(bytes, body);
  if (from_input) {
    input_.erase(0, consumed);
  } else {
    input_.assign(bytes.substr(consumed));
  }
  if (const auto& rejection = parser_.rejection()) {
    body_wanted_ = false;
    broken_ = true;
    // Later: from inside read_body() the handler cannot be told that all is over.
    asio::post(loop_.io, [self, why = *rejection] {
      if (self->state_ == State::closed) return;
      const bool answered = self->responded();
      self->finish_exchange(false);
      if (answered) {
        self->close();
      } else {
        self->refuse(why);
      }
    });
    return;
  }
  if (body.empty() && !parser_.complete()) {
    read_deadline_ = Clock::now() + loop_.limits.body_timeout;
    arm_read();
    return;
  }
  body_wanted_ = false;
  read_deadline_ = kNever;
  loop_.handler.on_body(*this, std::move(body));
  watch_for_the_client();
}

void Connection::drain(std::string_view bytes) {
  std::vector<uint8_t> dropped;
  input_.append(bytes);
  size_t consumed = 0;
  do {
    dropped.clear();
    consumed = parser_.parse_body(input_, dropped);
    input_.erase(0, consumed);
    drained_ += consumed;
  } while (consumed > 0 && !parser_.complete() && !parser_.rejection());
  if (parser_.rejection() || (drained_ > loop_.limits.drain_bytes && !parser_.complete())) {
    linger();
  } else if (parser_.complete()) {
    next_request();
  } else {
    arm_read();
  }
}

// ---- from one request to the next -------------------------------------------------------------

void Connection::finish_exchange(bool completed) {
  body_wanted_ = false;
  drain_wanted_ = false;
  if (!active_) return;
  active_ = false;
  record_.duration = Clock::now() - began_;
  loop_.handler.on_finished(*this, completed, record_);
  if (--loop_.active == 0 && loop_.idle) asio::post(loop_.io, loop_.idle);
}

/// The response is out.
void Connection::finish_response() {
  response_ = Response::none;
  finish_exchange(true);
  if (!keep_alive_) {
    linger();
  } else if (!parser_.complete()) {
    state_ = State::draining;
    drained_ = 0;
    read_deadline_ = Clock::now() + loop_.limits.body_timeout;
    // Later, as in next_request(): this may be inside a call of the handler's.
    asio::post(loop_.io, [self = shared_from_this()] {
      if (self->state_ == State::draining) self->drain({});
    });
  } else {
    next_request();
  }
}

void Connection::next_request() {
  state_ = State::waiting;
  parser_.reset();
  began_ = {};
  continued_ = false;
  remaining_ = 0;
  read_deadline_ = Clock::now() + loop_.limits.idle_timeout;
  if (leave_if_asked() || advancing_) return;
  if (input_.empty()) {
    arm_read();
  } else {
    asio::post(loop_.io, [self = shared_from_this()] { self->advance(); });
  }
}

/// Between two requests: true when the connection was handed over or closed.
bool Connection::leave_if_asked() {
  if (loop_.successor) {
    error_code error;
    Descriptor released(socket_.release(error));
    Handover handover{std::move(released), std::move(input_), secure_, proxied_};
    close();
    if (!error) loop_.successor(std::move(handover));
    return true;
  }
  if (loop_.finishing && input_.empty()) {
    close();
    return true;
  }
  return false;
}

Descriptor Connection::take_over() {
  if (responded() || broken_) throw Error("The request was answered before.");
  if (request_.has_body || !input_.empty()) {
    throw Error("The client has sent data before its connection was upgraded.");
  }
  const auto self = shared_from_this();
  error_code error;
  Descriptor socket(socket_.release(error));
  if (error) throw Error("The connection was lost.");
  record_.status = 101;
  record_.status_text = "Switching Protocols";
  finish_exchange(true);
  close();
  return socket;
}

void Connection::linger() {
  error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error) {
    close();
    return;
  }
  state_ = State::lingering;
  input_.clear();
  drained_ = 0;
  read_deadline_ = Clock::now() + loop_.limits.linger_timeout;
  arm_read();
}

void Connection::abort() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  broken_ = true;
  finish_exchange(false);
  close();
}

void Connection::close() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  broken_ = true;
  tail_ = {};
  tail_owner_.reset();
  error_code ignored;
  socket_.close(ignored);
  loop_.open.erase(self);
  if (loop_.released) loop_.released();
}

void Connection::check_deadlines(Clock::time_point now) {
  if (now < read_deadline_ && now < write_deadline_) return;
  if (state_ == State::waiting && !input_.empty() && now < write_deadline_) {
    refuse({408, "The request's headers did not arrive in time."});
  } else {
    abort();
  }
}

}  // namespace cwrangler::server
