// The API's listener: reads requests whole, has them answered on threads of their own, so that a
// handler may wait for a disk or for a Worker to start, and upgrades to WebSockets.

#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "edge/http/listener.h"
#include "edge/http/message.h"

namespace cwrangler::edge {

struct HttpServerOptions {
  ListenerOptions listener;
  std::uint64_t most_body = 512 << 20;  ///< bytes
  size_t threads = 8;                   ///< how many requests are answered at once
};

class HttpServer {
 public:
  /// Listens, and accepts from start() on. `loop` is run by one thread, and outlives this.
  /// `refused` makes the answer to a request that cannot be read, or is too large: its status and
  /// why. Throws Error where it cannot listen or the certificate is none.
  HttpServer(boost::asio::io_context& loop, const HttpServerOptions& options, HttpHandler handler,
             std::function<HttpResponse(int status, std::string why)> refused);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Waits for handlers that run. The loop runs no more.
  ~HttpServer();

  std::uint16_t port() const;
  void start();
  /// Accepts no more, and ends connections that are between requests; on the loop's thread.
  void stop();

 private:
  class Conversations;
  std::shared_ptr<Conversations> conversations_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace cwrangler::edge
