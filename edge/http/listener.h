// A listening TCP socket and the connections that come from it, plain or TLS.
//
// On the loop's thread only. Each connection is a coroutine of the owner's.

#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cwrangler::edge {

/// PEM files: the server's own certificate first, then those that lead to a root.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

struct ListenerOptions {
  std::string ip = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  std::optional<TlsFiles> tls;
  size_t most_connections = 1000;  ///< further ones wait to be accepted
};

/// How long a client may be silent: between requests, within one, and while it reads an answer.
inline constexpr std::chrono::seconds kClientSilence{60};

/// For operations whose errors are values.
inline constexpr auto kQuiet = boost::asio::as_tuple(boost::asio::use_awaitable);

using PlainStream = boost::beast::tcp_stream;
using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  /// What is done with a connection; `client` is its address. The connection ends with it.
  struct Serve {
    std::function<boost::asio::awaitable<void>(PlainStream&, const std::string& client)> plain;
    std::function<boost::asio::awaitable<void>(TlsStream&, const std::string& client)> tls;
  };

  /// Listens, and accepts from start() on. Throws Error where it cannot, or the certificate is
  /// none.
  Listener(boost::asio::io_context& loop, const ListenerOptions& options, Serve serve);

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  bool is_tls() const { return tls_.has_value(); }

  void start();
  /// Accepts no more.
  void stop();

 private:
  class Counted;

  boost::asio::awaitable<void> accept(std::shared_ptr<Listener> self);
  boost::asio::awaitable<void> converse(std::shared_ptr<Listener> self,
                                        boost::asio::ip::tcp::socket socket);

  boost::asio::io_context& loop_;
  const size_t most_connections_;
  const Serve serve_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer room_;  // cancelled when a connection has ended
  std::optional<boost::asio::ssl::context> tls_;
  size_t connections_ = 0;
  bool stopping_ = false;
};

}  // namespace cwrangler::edge
