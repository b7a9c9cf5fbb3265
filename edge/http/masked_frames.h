// WebSocket frames of a client that does not mask them. A client must (RFC 6455, section 5.1), and
// Beast insists; but wrangler sends its tail's first message as it is, and Cloudflare takes it.

#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cwrangler::edge {

/// Gives frames that have no mask one of zeros, which changes no byte of their payload.
class FrameMasker {
 public:
  /// What came, in pieces of any size; what Beast is to read of it by now.
  std::string take(std::string_view bytes) {
    std::string taken;
    while (!bytes.empty()) {
      if (payload_left_ > 0) {
        const size_t count = std::min<std::uint64_t>(payload_left_, bytes.size());
        taken += bytes.substr(0, count);
        bytes.remove_prefix(count);
        payload_left_ -= count;
        continue;
      }
      head_ += bytes.front();
      bytes.remove_prefix(1);
      if (head_.size() < kShortestHead || head_.size() < head_length()) continue;
      payload_left_ = payload_length();
      const bool is_masked = (byte(1) & kMaskBit) != 0;
      head_[1] = static_cast<char>(byte(1) | kMaskBit);
      taken += head_;
      if (!is_masked) taken.append(kMaskBytes, '\0');
      head_.clear();
    }
    return taken;
  }

 private:
  static constexpr size_t kShortestHead = 2;
  static constexpr size_t kMaskBytes = 4;
  static constexpr std::uint8_t kMaskBit = 0x80;
  /// Lengths of a payload that stand for 2 and 8 bytes with the length itself (section 5.2).
  static constexpr std::uint8_t kTwoBytes = 126;
  static constexpr std::uint8_t kEightBytes = 127;

  std::uint8_t byte(size_t at) const { return static_cast<std::uint8_t>(head_[at]); }
  std::uint8_t short_length() const { return byte(1) & (kMaskBit - 1); }
  size_t length_bytes() const {
    if (short_length() == kTwoBytes) return 2;
    return short_length() == kEightBytes ? 8 : 0;
  }
  size_t head_length() const {
    return kShortestHead + length_bytes() + ((byte(1) & kMaskBit) != 0 ? kMaskBytes : 0);
  }
  std::uint64_t payload_length() const {
    if (length_bytes() == 0) return short_length();
    std::uint64_t length = 0;
    for (size_t i = 0; i < length_bytes(); ++i) length = length << 8 | byte(kShortestHead + i);
    return length;
  }

  std::string head_;  // of the frame that comes next, as far as it has come
  std::uint64_t payload_left_ = 0;
};

/// A stream whose reader sees all frames masked; for boost::beast::websocket::stream.
template <class Stream>
class MaskedFrames {
 public:
  using next_layer_type = Stream;
  using executor_type = typename Stream::executor_type;

  /// `next` must outlive it.
  explicit MaskedFrames(Stream& next) : next_(next) {}

  executor_type get_executor() { return next_.get_executor(); }
  next_layer_type& next_layer() { return next_; }
  const next_layer_type& next_layer() const { return next_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    using Signature = void(boost::system::error_code, size_t);
    return boost::asio::async_initiate<Token, Signature>(
        [this, buffers](auto handler) {
          // Of one type whatever waits: all of Beast's operations would be compiled for each else.
          const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          read([this, buffers, shared](boost::system::error_code error) {
            const size_t given = boost::asio::buffer_copy(buffers, boost::asio::buffer(ready_));
            ready_.erase(0, given);
            std::move (*shared)(given > 0 ? boost::system::error_code() : error, given);
          });
        },
        token);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return next_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  /// Calls `done`, never from inside of this call, when there is something to read, or will not be.
  void read(std::function<void(boost::system::error_code)> done) {
    if (!ready_.empty()) {
      boost::asio::post(next_.get_executor(),
                        [done = std::move(done)] { done(boost::system::error_code()); });
      return;
    }
    next_.async_read_some(
        boost::asio::buffer(raw_),
        [this, done = std::move(done)](boost::system::error_code error, size_t count) mutable {
          ready_ += masker_.take({raw_.data(), count});
          if (ready_.empty() && !error) {
            read(std::move(done));  // a part of a frame's head
          } else {
            done(error);
          }
        });
  }

  Stream& next_;
  FrameMasker masker_;
  std::array<char, 4096> raw_;
  std::string ready_;
};

template <class Stream, class Handler>
void async_teardown(boost::beast::role_type role, MaskedFrames<Stream>& stream, Handler&& handler) {
  using boost::beast::websocket::async_teardown;
  async_teardown(role, stream.next_layer(), std::forward<Handler>(handler));
}

}  // namespace cwrangler::edge
