#include "edge/http/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/ssl.hpp>

#include "base/error.h"

namespace cwrangler::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;

asio::ssl::context tls_context(const TlsFiles& files) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1);
  error_code error;
  context.use_certificate_chain_file(files.certificate.string(), error);
  if (error) {
    throw Error("no PEM certificate can be read from " + files.certificate.string() + ": " +
                error.message())
        .while_doing("reading the endpoint's certificate");
  }
  context.use_private_key_file(files.key.string(), asio::ssl::context::pem, error);
  if (error) {
    throw Error("no key that belongs to " + files.certificate.string() + " can be read from " +
                files.key.string() + ": " + error.message())
        .while_doing("reading the endpoint's key");
  }
  return context;
}

tcp::acceptor open_acceptor(asio::io_context& loop, const std::string& ip, std::uint16_t port) {
  const std::string activity = "listening on " + ip + ":" + std::to_string(port);
  error_code error;
  const auto address = asio::ip::make_address(ip, error);
  if (error) throw Error("that is no IP address").while_doing(activity);
  tcp::acceptor acceptor(loop);
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw Error(error.message())
        .while_doing(activity)
        .hint("Choose another address or port, or end the program that has it.");
  }
  return acceptor;
}

}  // namespace

class Listener::Counted {
 public:
  explicit Counted(Listener& listener) : listener_(listener) { ++listener_.connections_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() {
    --listener_.connections_;
    listener_.room_.cancel();
  }

 private:
  Listener& listener_;
};

Listener::Listener(asio::io_context& loop, const ListenerOptions& options, Serve serve)
    : loop_(loop),
      most_connections_(options.most_connections),
      serve_(std::move(serve)),
      acceptor_(open_acceptor(loop, options.ip, options.port)),
      room_(loop, std::chrono::steady_clock::time_point::max()) {
  if (options.tls) tls_.emplace(tls_context(*options.tls));
}

void Listener::start() {
  asio::co_spawn(loop_, accept(shared_from_this()), asio::detached);
}

void Listener::stop() {
  stopping_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  room_.cancel();
}

// `self` keeps this alive while a coroutine runs.
asio::awaitable<void> Listener::accept(std::shared_ptr<Listener> self) {
  while (!stopping_) {
    while (connections_ >= most_connections_ && !stopping_) co_await room_.async_wait(kQuiet);
    auto [error, socket] = co_await acceptor_.async_accept(kQuiet);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // no descriptor is free: those that are served give theirs back
      asio::steady_timer pause(loop_, std::chrono::milliseconds(100));
      co_await pause.async_wait(kQuiet);
      continue;
    }
    asio::co_spawn(loop_, converse(self, std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> Listener::converse(std::shared_ptr<Listener> self, tcp::socket socket) {
  const Counted counted(*self);
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) co_return;
  socket.set_option(tcp::no_delay(true), error);
  const std::string client = remote.address().to_string();
  PlainStream stream(std::move(socket));
  if (!tls_) {
    co_await serve_.plain(stream, client);
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    co_return;
  }
  TlsStream secure(std::move(stream), *tls_);
  beast::get_lowest_layer(secure).expires_after(kClientSilence);
  auto [failed] = co_await secure.async_handshake(asio::ssl::stream_base::server, kQuiet);
  if (failed) co_return;
  co_await serve_.tls(secure, client);
  beast::get_lowest_layer(secure).expires_after(std::chrono::seconds(2));
  co_await secure.async_shutdown(kQuiet);
}

}  // namespace cwrangler::edge
