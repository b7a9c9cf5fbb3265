#include "runtime/web/web_socket_connection.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/web/reachable.h"
#include "runtime/web/tls_client.h"

namespace cwrangler::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

/// As on Cloudflare's network.
constexpr size_t kMaximumMessage = size_t{32} << 20;
/// How much may wait for a peer that does not read before it is given up.
constexpr size_t kMaximumQueue = size_t{64} << 20;

/// The code that the standard gives for what went wrong (RFC 6455, section 7.4.1).
uint16_t close_code_of(const error_code& error) {
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    return 1009;
  }
  if (error == websocket::error::bad_frame_payload) return 1007;
  if (error == websocket::condition::protocol_violation) return 1002;
  return 1006;
}

/// Headers that Beast writes itself.
bool belongs_to_handshake(http::field name) {
  switch (name) {
    case http::field::connection:
    case http::field::content_length:
    case http::field::host:
    case http::field::sec_websocket_accept:
    case http::field::sec_websocket_extensions:
    case http::field::sec_websocket_key:
    case http::field::sec_websocket_version:
    case http::field::transfer_encoding:
    case http::field::upgrade:
      return true;
    default:
      return false;
  }
}

template <class Next>
class Connection final : public WebSocketConnection,
                         public std::enable_shared_from_this<Connection<Next>> {
 public:
  template <class... Arguments>
  explicit Connection(tcp::socket socket, Arguments&&... arguments)
      : resolver_(socket.get_executor()),
        stream_(std::move(socket), std::forward<Arguments>(arguments)...) {
    websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    deflate.client_enable = true;
    stream_.set_option(deflate);
    stream_.read_message_max(kMaximumMessage);
  }

  Next& next() { return stream_.next_layer(); }

  void accept(const std::string& target, const HeaderList& request,
              const HeaderList& answer) override {
    stream_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
    decorate(answer);
    // Beast looks at a request that it has read itself; this is what it would have read.
    auto head = std::make_shared<http::request<http::empty_body>>();
    head->version(11);
    head->method(http::verb::get);
    head->target(target);
    for (const auto& [name, value] : request) head->insert(name, value);
    stream_.async_accept(*head, [self = this->shared_from_this(), head](const error_code& failed) {
      if (failed) return self->fail(failed);
      self->opened();
    });
  }

  void connect(const WebSockets::Target& target, const HeaderList& headers,
               std::function<void(Opened)> done) override {
    stream_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    decorate(headers);
    target_ = target;
    resolver_.async_resolve(
        target.host, target.port,
        [self = this->shared_from_this(), done = std::move(done)](
            const error_code& failed, const tcp::resolver::results_type& found) mutable {
          if (failed) return done({failed.message(), 0, {}});
          auto connected = [self, done = std::move(done)](const error_code& refused,
                                                          const tcp::endpoint&) mutable {
            if (refused) return done({connect_problem(refused), 0, {}});
            error_code ignored;
            self->lowest().set_option(tcp::no_delay(true), ignored);
            self->start_tls(std::move(done));
          };
          asio::async_connect(self->lowest(), found, may_reach_next, std::move(connected));
        });
  }

  void read(std::function<void(WebSocketEvent)> done) override {
    reading_ = std::move(done);
    if (!open_ && !failure_) return;  // opened() or fail() goes on
    read_on();
  }

  void send(std::vector<uint8_t> bytes, bool text) override {
    if (closing_ || failure_) return;
    queued_ += bytes.size();
    if (queued_ > kMaximumQueue) return drop();
    queue_.push_back({std::move(bytes), text});
    write_on();
  }

  void close(uint16_t code, std::string reason) override {
    if (closing_ || failure_) return;
    closing_ = true;
    if (code != 0) {
      goodbye_.code = code;
      goodbye_.reason = reason.substr(0, goodbye_.reason.max_size());
    }
    write_on();
  }

  void drop() override {
    closing_ = true;
    resolver_.cancel();
    error_code ignored;
    lowest().close(ignored);
  }

 private:
  enum class Goodbye { unsaid, under_way, returned, failed };

  tcp::socket& lowest() { return beast::get_lowest_layer(stream_); }

  void decorate(const HeaderList& headers) {
    stream_.set_option(websocket::stream_base::decorator([headers](auto& message) {
      for (const auto& [name, value] : headers) {
        if (!belongs_to_handshake(http::string_to_field(name))) message.insert(name, value);
      }
    }));
  }

  void start_tls(std::function<void(Opened)> done) {
    if constexpr (std::is_same_v<Next, tcp::socket>) {
      shake_hands(std::move(done));
    } else {
      auto secured = [self = this->shared_from_this(),
                      done = std::move(done)](const error_code& failed) mutable {
        if (failed) return done({failed.message(), 0, {}});
        self->shake_hands(std::move(done));
      };
      next().async_handshake(asio::ssl::stream_base::client, std::move(secured));
    }
  }

  void shake_hands(std::function<void(Opened)> done) {
    auto response = std::make_shared<websocket::response_type>();
    auto answered = [self = this->shared_from_this(), response,
                     done = std::move(done)](const error_code& failed) {
      if (failed && failed != websocket::error::upgrade_declined) {
        return done({failed.message(), 0, {}});
      }
      Opened result{"", static_cast<int>(response->result_int()), {}};
      for (const auto& field : *response) {
        result.headers.emplace_back(field.name_string(), field.value());
      }
      if (!failed) self->opened();
      done(std::move(result));
    };
    stream_.async_handshake(*response, target_.host_header, target_.path, std::move(answered));
  }

  void opened() {
    open_ = true;
    if (reading_) read_on();
    write_on();
  }

  void fail(const error_code& error) {
    failure_ = error;
    queue_.clear();
    if (reading_) read_on();
  }

  void read_on() {
    if (failure_) {
      asio::post(lowest().get_executor(),
                 [self = this->shared_from_this()] { self->finish(*self->failure_); });
      return;
    }
    stream_.async_read(input_, [self = this->shared_from_this()](const error_code& failed, size_t) {
      if (failed) return self->finish(failed);
      const auto data = self->input_.cdata();
      const auto* const first = static_cast<const uint8_t*>(data.data());
      WebSocketMessage message{{first, first + data.size()}, self->stream_.got_text()};
      self->input_.clear();
      std::exchange(self->reading_, nullptr)(std::move(message));
    });
  }

  /// Nothing more is read.
  void finish(const error_code& error) {
    // Both a read and the goodbye may get the other side's goodbye; the other one is aborted.
    if (error != websocket::error::closed && goodbye_state_ == Goodbye::under_way) {
      cut_short_ = error;
      return;
    }
    if (!failure_) failure_ = error;
    queue_.clear();
    WebSocketClosed closed{close_code_of(error), {}, false};
    const auto& reason = stream_.reason();
    // The end of TCP or TLS after both goodbyes may be an error of its own.
    if (error == websocket::error::closed || goodbye_state_ == Goodbye::returned ||
        reason.code != websocket::close_code::none) {
      // 1005 stands for "no code was given" (RFC 6455, section 7.4.1).
      closed = {reason.code == websocket::close_code::none ? uint16_t{1005} : reason.code,
                std::string(reason.reason.data(), reason.reason.size()), true};
    }
    if (reading_) std::exchange(reading_, nullptr)(std::move(closed));
  }

  void write_on() {
    if (writing_ || !open_ || failure_) return;
    if (!queue_.empty()) {
      writing_ = true;
      stream_.text(queue_.front().text);
      stream_.async_write(asio::buffer(queue_.front().bytes),
                          [self = this->shared_from_this()](const error_code& failed, size_t) {
                            self->written(failed);
                          });
    } else if (closing_) {
      writing_ = true;  // for good
      goodbye_state_ = Goodbye::under_way;
      stream_.async_close(goodbye_, [self = this->shared_from_this()](const error_code& failed) {
        self->goodbye_state_ = failed ? Goodbye::failed : Goodbye::returned;
        if (self->cut_short_) self->finish(*self->cut_short_);
      });
    }
  }

  void written(const error_code& failed) {
    writing_ = false;
    if (!queue_.empty()) {
      queued_ -= queue_.front().bytes.size();
      queue_.pop_front();
    }
    if (!failed) write_on();  // the reader hears of errors
  }

  tcp::resolver resolver_;
  websocket::stream<Next> stream_;
  WebSockets::Target target_;
  beast::flat_buffer input_{kMaximumMessage};
  std::function<void(WebSocketEvent)> reading_;
  std::deque<WebSocketMessage> queue_;
  size_t queued_ = 0;  // bytes in queue_
  websocket::close_reason goodbye_;
  std::optional<error_code> failure_;
  bool open_ = false;
  bool writing_ = false;
  bool closing_ = false;
  Goodbye goodbye_state_ = Goodbye::unsaid;
  std::optional<error_code> cut_short_;  // a read was, while the goodbye was under way
};

}  // namespace

std::shared_ptr<WebSocketConnection> make_web_socket(tcp::socket socket) {
  return std::make_shared<Connection<tcp::socket>>(std::move(socket));
}

std::shared_ptr<WebSocketConnection> make_tls_web_socket(tcp::socket socket,
                                                         asio::ssl::context& context,
                                                         const std::string& name) {
  using Stream = asio::ssl::stream<tcp::socket>;
  auto connection = std::make_shared<Connection<Stream>>(std::move(socket), context);
  TlsClient::expect(connection->next(), name);
  return connection;
}

}  // namespace cwrangler::web
