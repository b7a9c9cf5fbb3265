// The writing half of a connection: responses, and the queue of bytes that wait for the client.

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <ctime>

#include "base/error.h"
#include "runtime/server/connection.h"

namespace cwrangler::server {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr auto kNever = Connection::Clock::time_point::max();
/// Smaller pieces of a stream are gathered until the end of the loop's turn: one system call, one
/// packet for many.
constexpr size_t kGatherBytes = size_t{8} << 10;

bool would_block(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

Framing Connection::choose_framing(const ResponseHead& head,
                                   std::optional<std::span<const uint8_t>> body) {
  const bool bodiless = head.status == 204 || head.status == 304;
  if (bodiless) return Framing::none;
  if (request_.method == "HEAD") {
    // The length that GET would have, if it is known.
    if (!body || body->empty()) return Framing::none;
    remaining_ = body->size();
    return Framing::length;
  }
  if (body) {
    remaining_ = body->size();
    return Framing::length;
  }
  if (const std::string* length = find_header(head.headers, "content-length")) {
    const char* end = length->data() + length->size();
    const auto [stop, error] = std::from_chars(length->data(), end, remaining_);
    if (error == std::errc{} && stop == end) return Framing::length;
  }
  return request_.http_1_0 ? Framing::until_close : Framing::chunked;
}

bool Connection::respond(const ResponseHead& head, std::optional<std::span<const uint8_t>> body,
                         std::shared_ptr<const void> owner) {
  if (responded()) throw Error("The request was answered before.");
  check_response_head(head);
  framing_ = choose_framing(head, body);
  const bool has_place =
      request_.method != "HEAD" && framing_ != Framing::none && (!body || !body->empty());
  // A client that waits to be told to send its body may send it or not after a final answer: what
  // comes next on this connection cannot be known.
  const bool body_uncertain = request_.expects_continue && !continued_ && !parser_.complete();
  keep_alive_ = request_.keep_alive && !loop_.finishing && !body_uncertain && !broken_ &&
                framing_ != Framing::until_close &&
                !lists_token(head.headers, "connection", "close");
  write_response_head(out_, head, framing_, remaining_, keep_alive_, request_.http_1_0,
                      std::time(nullptr));
  record_.status = head.status;
  record_.status_text =
      head.status_text.empty() ? std::string(reason_phrase(head.status)) : head.status_text;
  if (body || !has_place) {
    response_ = Response::ended;
    if (has_place) {
      tail_ = *body;
      tail_owner_ = owner;
    }
    const auto self = shared_from_this();
    flush();
    if (!tail_.empty() && !tail_owner_) {
      out_.append(reinterpret_cast<const char*>(tail_.data()), tail_.size());
      tail_ = {};
    }
    return false;
  }
  response_ = Response::streaming;
  schedule_flush();
  return true;
}

bool Connection::write(std::span<const uint8_t> bytes) {
  if (response_ != Response::streaming) throw Error("No response is being streamed.");
  if (broken_ || bytes.empty()) return true;
  if (framing_ == Framing::length) {
    if (bytes.size() > remaining_) {
      cut();
      throw Error("The response's body is longer than its Content-Length header says.");
    }
    remaining_ -= bytes.size();
  }
  if (framing_ == Framing::chunked) {
    std::array<char, 18> size;
    char* end = std::to_chars(size.data(), size.data() + 16, bytes.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    send({size.data(), static_cast<size_t>(end - size.data())}, bytes, "\r\n");
  } else {
    send({}, bytes, {});
  }
  if (broken_ || queued() <= loop_.limits.write_high_bytes) return true;
  drain_wanted_ = true;
  return false;
}

/// Queues a piece, or sends it right away when it is large or much is queued: then only what the
/// socket does not take is copied.
void Connection::send(std::string_view before, std::span<const uint8_t> bytes,
                      std::string_view after) {
  out_ += before;
  const bool now = bytes.size() >= kGatherBytes && !writing_;
  size_t sent = 0;
  if (now) {
    const std::array<asio::const_buffer, 3> buffers{
        asio::buffer(out_.data() + out_sent_, out_.size() - out_sent_),
        asio::buffer(bytes.data(), bytes.size()), asio::buffer(after.data(), after.size())};
    error_code error;
    const size_t count = socket_.write_some(buffers, error);
    if (error && !would_block(error)) {
      cut();
      return;
    }
    const size_t queued_before = out_.size() - out_sent_;
    sent = count > queued_before ? count - queued_before : 0;
    consume(std::min(count, queued_before));
  }
  const size_t sent_bytes = std::min(sent, bytes.size());
  out_.append(reinterpret_cast<const char*>(bytes.data()) + sent_bytes, bytes.size() - sent_bytes);
  out_.append(after.substr(sent - sent_bytes));
  if (queued() == 0) return;
  if (now) {
    arm_write();
  } else {
    schedule_flush();
  }
}

void Connection::end() {
  if (response_ != Response::streaming) throw Error("No response is being streamed.");
  if (broken_) return;
  if (framing_ == Framing::length && remaining_ > 0) {
    cut();
    return;
  }
  if (framing_ == Framing::chunked) out_ += "0\r\n\r\n";
  response_ = Response::ended;
  const auto self = shared_from_this();
  flush();
}

void Connection::cut() {
  if (broken_) return;
  broken_ = true;
  keep_alive_ = false;
  // Later: the handler may be in the middle of something.
  asio::post(loop_.io, [self = shared_from_this()] { self->abort(); });
}

void Connection::schedule_flush() {
  if (flush_posted_ || writing_) return;
  flush_posted_ = true;
  asio::post(loop_.io, [self = shared_from_this()] {
    self->flush_posted_ = false;
    if (self->state_ != State::closed && !self->writing_) self->flush();
  });
}

void Connection::arm_write() {
  if (writing_) return;
  writing_ = true;
  write_deadline_ = Clock::now() + loop_.limits.write_timeout;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->writing_ = false;
    self->write_deadline_ = kNever;
    if (self->state_ == State::closed) return;
    if (error) {
      self->abort();
    } else {
      self->flush();
    }
  });
}

void Connection::consume(size_t count) {
  const size_t from_out = std::min(count, out_.size() - out_sent_);
  out_sent_ += from_out;
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
  } else if (out_sent_ > loop_.limits.write_high_bytes) {
    out_.erase(0, out_sent_);
    out_sent_ = 0;
  }
  tail_ = tail_.subspan(std::min(count - from_out, tail_.size()));
  if (tail_.empty()) tail_owner_.reset();
}

/// Sends what is queued as far as the socket takes it. May end the exchange.
void Connection::flush() {
  while (queued() > 0 && !writing_) {
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(out_.data() + out_sent_, out_.size() - out_sent_),
        asio::buffer(tail_.data(), tail_.size())};
    error_code error;
    const size_t count = socket_.write_some(buffers, error);
    if (would_block(error)) {
      arm_write();
    } else if (error) {
      cut();
      return;
    } else {
      consume(count);
    }
  }
  if (drain_wanted_ && queued() < loop_.limits.write_low_bytes) {
    drain_wanted_ = false;
    loop_.handler.on_drained(*this);
  }
  if (response_ == Response::ended && queued() == 0 && !broken_) finish_response();
}

void Connection::refuse(const Rejection& rejection) {
  keep_alive_ = false;
  ResponseHead head{rejection.status, {}, {{"Content-Type", "text/plain; charset=utf-8"}}};
  const std::string text = rejection.reason + '\n';
  write_response_head(out_, head, Framing::length, text.size(), false, false, std::time(nullptr));
  out_ += text;
  // Its own state: no handler knows of this response.
  state_ = State::draining;
  response_ = Response::ended;
  broken_ = false;
  read_deadline_ = kNever;
  flush();
}

}  // namespace cwrangler::server
