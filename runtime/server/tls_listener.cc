#include "runtime/server/tls_listener.h"

#include <fcntl.h>
#include <openssl/sslerr.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <unordered_set>

#include "base/error.h"

namespace cwrangler::server {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

/// What a client has for its handshake: a person may be asked about the certificate meanwhile, but
/// browsers end the connection for that.
constexpr std::chrono::seconds kHandshakeTime{30};
/// For the client's goodbye, after ours.
constexpr std::chrono::milliseconds kGoodbyeTime{500};
/// After accept() failed for want of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};
/// One TLS record.
constexpr size_t kBufferBytes = size_t{16} << 10;

constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    "Content-Length: 48\r\n\r\nThis server speaks HTTPS: call it with https://\n";

/// Mozilla's "intermediate" choice of protocols.
ssl::context make_context(const TlsIdentity& identity) {
  try {
    ssl::context context(ssl::context::tls_server);
    context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                        ssl::context::no_tlsv1_1);
    context.use_certificate_chain(asio::buffer(identity.certificate));
    context.use_private_key(asio::buffer(identity.key), ssl::context::pem);
    if (::SSL_CTX_check_private_key(context.native_handle()) != 1) {
      throw Error("the key does not belong to the certificate");
    }
    return context;
  } catch (const boost::system::system_error& error) {
    throw Error(error.code().message())
        .while_doing("loading the certificate of the HTTPS server and its key")
        .hint("Both files are expected in PEM.");
  } catch (Error& error) {
    throw error.while_doing("loading the certificate of the HTTPS server and its key");
  }
}

}  // namespace

/// Shared with the handlers that are under way: they may run after the owner is gone.
class TlsListener::Loop : public std::enable_shared_from_this<TlsListener::Loop> {
 public:
  Loop(asio::io_context& loop, const TlsIdentity& identity, std::function<void(Handover)> take)
      : io(loop), context(make_context(identity)), accepted(std::move(take)) {}

  void listen(const Descriptor& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    Descriptor copy(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) throw system_error("taking a listening socket");
    const auto listener = std::make_shared<tcp::acceptor>(io);
    listener->assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), copy.get());
    copy.release();
    listener->non_blocking(true);
    listeners.push_back(listener);
  }

  void accept(const std::shared_ptr<tcp::acceptor>& listener);
  void remove(const std::shared_ptr<Tunnel>& tunnel) {
    tunnels.erase(tunnel);
    check_drained();
  }
  void check_drained();

  asio::io_context& io;
  ssl::context context;
  const std::function<void(Handover)> accepted;
  std::vector<std::shared_ptr<tcp::acceptor>> listeners;
  std::unordered_set<std::shared_ptr<Tunnel>> tunnels;
  std::function<void()> drained;
};

/// One client.
class TlsListener::Tunnel : public std::enable_shared_from_this<TlsListener::Tunnel> {
 public:
  Tunnel(std::shared_ptr<Loop> loop, tcp::socket socket)
      : loop_(std::move(loop)),
        outer_(std::move(socket), loop_->context),
        inner_(loop_->io),
        timer_(loop_->io) {}

  void start() {
    error_code ignored;
    outer_.next_layer().set_option(tcp::no_delay(true), ignored);
    close_after(kHandshakeTime);
    outer_.async_handshake(ssl::stream_base::server, [self = shared_from_this()](error_code error) {
      self->timer_.cancel();
      if (error) {
        self->refuse(error);
      } else {
        self->connect();
      }
    });
  }

  /// The client has got all it will get.
  bool is_done() const { return saying_goodbye_; }

  void close() {
    error_code ignored;
    timer_.cancel();
    outer_.next_layer().close(ignored);
    inner_.close(ignored);
    loop_->remove(shared_from_this());
  }

 private:
  void close_after(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->close();
    });
  }

  void refuse(const error_code& error) {
    if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST) {
      error_code ignored;
      outer_.next_layer().non_blocking(true, ignored);
      outer_.next_layer().write_some(asio::buffer(kPlainAnswer), ignored);
    }
    close();
  }

  void connect() {
    asio::local::stream_protocol::socket other(loop_->io);
    error_code error;
    asio::local::connect_pair(inner_, other, error);
    const int descriptor = error ? -1 : other.release(error);
    if (error) {
      close();
      return;
    }
    loop_->accepted(
        {.socket = Descriptor(descriptor), .input = {}, .secure = true, .proxied = false});
    read_outer();
    read_inner();
  }

  void read_outer() {
    outer_.async_read_some(
        asio::buffer(inward_), [self = shared_from_this()](error_code error, size_t count) {
          if (error) {
            // The end of what the client sends, in order or not: the server decides what follows.
            error_code ignored;
            self->inner_.shutdown(asio::socket_base::shutdown_send, ignored);
            if (self->saying_goodbye_) self->close();
            return;
          }
          asio::async_write(self->inner_, asio::buffer(self->inward_.data(), count),
                            [self](error_code failure, size_t) {
                              // Nobody reads it any more; the other direction may go on.
                              if (!failure) self->read_outer();
                            });
        });
  }

  void read_inner() {
    inner_.async_read_some(
        asio::buffer(outward_), [self = shared_from_this()](error_code error, size_t count) {
          if (error) {
            self->say_goodbye();
            return;
          }
          asio::async_write(self->outer_, asio::buffer(self->outward_.data(), count),
                            [self](error_code failure, size_t) {
                              if (failure) {
                                self->close();
                              } else {
                                self->read_inner();
                              }
                            });
        });
  }

  void say_goodbye() {
    saying_goodbye_ = true;
    close_after(kGoodbyeTime);
    outer_.async_shutdown([self = shared_from_this()](error_code) { self->close(); });
    loop_->check_drained();
  }

  const std::shared_ptr<Loop> loop_;
  ssl::stream<tcp::socket> outer_;
  asio::local::stream_protocol::socket inner_;
  asio::steady_timer timer_;
  std::array<char, kBufferBytes> inward_;
  std::array<char, kBufferBytes> outward_;
  bool saying_goodbye_ = false;
};

void TlsListener::Loop::accept(const std::shared_ptr<tcp::acceptor>& listener) {
  listener->async_accept(
      [self = shared_from_this(), listener](error_code error, tcp::socket socket) {
        if (!listener->is_open()) return;
        if (error && error != asio::error::connection_aborted) {
          const auto pause = std::make_shared<asio::steady_timer>(self->io, kAcceptPause);
          pause->async_wait([self, listener, pause](error_code) {
            if (listener->is_open()) self->accept(listener);
          });
          return;
        }
        if (!error) {
          const auto tunnel = std::make_shared<Tunnel>(self, std::move(socket));
          self->tunnels.insert(tunnel);
          tunnel->start();
        }
        self->accept(listener);
      });
}

void TlsListener::Loop::check_drained() {
  if (!drained) return;
  for (const auto& tunnel : tunnels) {
    if (!tunnel->is_done()) return;
  }
  asio::post(io, std::exchange(drained, nullptr));
}

TlsListener::TlsListener(asio::io_context& loop, const std::vector<Descriptor>& sockets,
                         const TlsIdentity& identity, std::function<void(Handover)> accepted)
    : loop_(std::make_shared<Loop>(loop, identity, std::move(accepted))) {
  for (const Descriptor& socket : sockets) loop_->listen(socket);
}

TlsListener::~TlsListener() {
  stop({});
  close_all();
}

void TlsListener::start() {
  for (const auto& listener : loop_->listeners) loop_->accept(listener);
}

void TlsListener::stop(std::function<void()> drained) {
  error_code ignored;
  for (const auto& listener : loop_->listeners) listener->close(ignored);
  loop_->listeners.clear();
  loop_->drained = std::move(drained);
  loop_->check_drained();
}

void TlsListener::close_all() {
  const std::vector<std::shared_ptr<Tunnel>> all(loop_->tunnels.begin(), loop_->tunnels.end());
  for (const auto& tunnel : all) tunnel->close();
}

}  // namespace cwrangler::server
