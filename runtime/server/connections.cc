#include "runtime/server/connections.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/error.h"
#include "runtime/server/connection.h"

namespace cwrangler::server {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

bool is_local(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         address.ss_family == AF_UNIX;
}

/// IPv4 or IPv6, as asio wants to know of a socket it did not open.
tcp protocol_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw system_error("looking at a socket");
  }
  if (address.ss_family == AF_INET) return tcp::v4();
  if (address.ss_family == AF_INET6) return tcp::v6();
  // A client's tunnel (tls_listener.h), or what a proxy connects to: to asio a stream like another.
  if (address.ss_family == AF_UNIX) return tcp::v4();
  throw Error("the socket is neither a TCP socket nor a local one");
}

}  // namespace

/// Shared with the handlers that are under way on the loop: they may run after the owner is gone.
class Connections::Loop : public std::enable_shared_from_this<Connections::Loop> {
 public:
  Loop(asio::io_context& io, RequestHandler& handler, const HttpLimits& limits)
      : shared(io, handler, limits), check_(io), pause_(io) {
    shared.released = [this] { accept(); };
  }

  void listen(const Descriptor& socket) {
    const int copy = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw system_error("taking a listening socket");
    Descriptor owned(copy);
    const auto listener = std::make_shared<Listener>(shared.io);
    listener->acceptor.assign(protocol_of(copy), copy);
    owned.release();
    listener->is_local = is_local(copy);
    listener->acceptor.non_blocking(true);
    listeners_.push_back(listener);
  }

  void stop_listening() {
    error_code ignored;
    for (const auto& listener : listeners_) listener->acceptor.close(ignored);
    listeners_.clear();
  }

  /// Starts to accept wherever that is not under way.
  void accept() {
    if (closed) return;
    for (const auto& listener : listeners_) accept(listener);
  }

  /// `from`: all but its socket, which is `socket` by now.
  void adopt(tcp::socket socket, Handover from) {
    auto connection = std::make_shared<Connection>(shared, std::move(socket), std::move(from));
    shared.open.insert(connection);
    connection->start();
    check_later();
  }

  std::vector<std::shared_ptr<Connection>> all() const {
    return {shared.open.begin(), shared.open.end()};
  }

  void close() {
    closed = true;
    check_.cancel();
    pause_.cancel();
  }

  ConnectionLoop shared;
  bool closed = false;

 private:
  struct Listener {
    explicit Listener(asio::io_context& io) : acceptor(io) {}
    tcp::acceptor acceptor;
    bool is_local = false;
    bool accepting = false;
  };

  void accept(const std::shared_ptr<Listener>& listener) {
    if (listener->accepting || shared.open.size() >= shared.limits.connections) return;
    listener->accepting = true;
    listener->acceptor.async_accept(
        [self = shared_from_this(), listener](const error_code& error, tcp::socket socket) {
          listener->accepting = false;
          if (self->closed || error == asio::error::operation_aborted) return;
          // What was accepted before the listener was closed still comes here, as a success.
          const bool listening = listener->acceptor.is_open();
          if (error && error != asio::error::connection_aborted) {
            if (listening) self->accept_later();
            return;
          }
          if (!error && (listening || self->shared.successor)) {
            Handover origin;
            origin.proxied = listener->is_local;
            self->adopt(std::move(socket), std::move(origin));
          }
          if (listener->acceptor.is_open()) self->accept(listener);
        });
  }

  void accept_later() {
    pause_.expires_after(shared.limits.accept_pause);
    pause_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->accept();
    });
  }

  /// One timer for all connections' time limits: cheaper than one for each request.
  void check_later() {
    if (checking_) return;
    checking_ = true;
    check_.expires_after(shared.limits.check_interval);
    check_.async_wait([self = shared_from_this()](const error_code& error) {
      self->checking_ = false;
      if (error || self->closed) return;
      const auto now = Connection::Clock::now();
      for (const auto& connection : self->all()) connection->check_deadlines(now);
      if (!self->shared.open.empty()) self->check_later();
    });
  }

  std::vector<std::shared_ptr<Listener>> listeners_;
  asio::steady_timer check_;
  asio::steady_timer pause_;
  bool checking_ = false;
};

Connections::Connections(asio::io_context& loop, RequestHandler& handler, const HttpLimits& limits)
    : loop_(std::make_shared<Loop>(loop, handler, limits)) {}

Connections::~Connections() {
  close_all();
  loop_->close();
}

void Connections::listen(const std::vector<Descriptor>& sockets) {
  for (const Descriptor& socket : sockets) loop_->listen(socket);
  loop_->accept();
}

void Connections::stop_listening() {
  loop_->stop_listening();
}

void Connections::adopt(Handover connection) {
  try {
    tcp::socket socket(loop_->shared.io);
    socket.assign(protocol_of(connection.socket.get()), connection.socket.get());
    connection.socket.release();
    loop_->adopt(std::move(socket), std::move(connection));
  } catch (const std::exception&) {
    // The client has gone in the meantime; so has the socket's address.
  }
}

void Connections::hand_over(std::function<void(Handover)> next) {
  loop_->shared.successor = std::move(next);
  for (const auto& connection : loop_->all()) connection->reconsider();
}

void Connections::finish() {
  loop_->shared.finishing = true;
  for (const auto& connection : loop_->all()) connection->reconsider();
}

void Connections::close_all() {
  stop_listening();
  for (const auto& connection : loop_->all()) connection->abort();
}

size_t Connections::active() const {
  return loop_->shared.active;
}

size_t Connections::size() const {
  return loop_->shared.open.size();
}

void Connections::on_idle(std::function<void()> callback) {
  loop_->shared.idle = std::move(callback);
}

Descriptor open_listening_socket(const std::string& address, std::uint16_t port) {
  error_code error;
  const asio::ip::address parsed =
      asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) {
    throw Error("\"" + address + "\" is not an IP address").while_doing("opening the port");
  }
  const tcp::endpoint endpoint(parsed, port);
  Descriptor socket(
      ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  if (socket.get() < 0) throw system_error("opening a socket");
  // A port whose last owner has just ended is free; one that somebody listens on is not.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const std::string where = address + ":" + std::to_string(port);
  if (::bind(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    const bool in_use = errno == EADDRINUSE;
    Error failure = system_error("listening on " + where);
    if (in_use) failure.hint("Another program uses this port: stop it, or choose another --port.");
    throw failure;
  }
  if (::listen(socket.get(), SOMAXCONN) != 0) throw system_error("listening on " + where);
  return socket;
}

std::uint16_t listening_port(int socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    throw Error("descriptor " + std::to_string(socket) + " is not a listening socket")
        .while_doing("taking the inherited sockets");
  }
  protocol_of(socket);
  tcp::endpoint endpoint;
  size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(socket, endpoint.data(), &size) != 0) throw system_error("looking at a socket");
  if (endpoint.data()->sa_family == AF_UNIX) return 0;
  endpoint.resize(size);
  return endpoint.port();
}

}  // namespace cwrangler::server
