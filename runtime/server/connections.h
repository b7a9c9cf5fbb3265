// The sockets of one event loop: those it accepts on, and the connections it serves. Connections
// can be handed over to another loop between two requests, which is how a reload loses none.
//
// Used on the loop's thread only, unless said otherwise.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "runtime/server/exchange.h"
#include "runtime/server/http_limits.h"

namespace boost::asio {
class io_context;
}

namespace cwrangler::server {

/// A connection between two requests, on its way to another loop.
struct Handover {
  Descriptor socket;
  std::string input;    ///< read from it already: the beginning of the next request
  bool secure = false;  ///< the client speaks HTTPS
  /// The client is a proxy of this user's, which tells by X-Forwarded-Proto what its own speaks.
  bool proxied = false;
};

class Connections {
 public:
  /// `loop` and `handler` must outlive this.
  Connections(boost::asio::io_context& loop, RequestHandler& handler, const HttpLimits& limits);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  /// As close_all().
  ~Connections();

  /// Accepts on these listening sockets, of which it takes its own duplicates: of TCP, or local
  /// ones (AF_UNIX), to which only a proxy of this user connects. Throws Error.
  void listen(const std::vector<Descriptor>& sockets);
  /// Accepts no more; clients queue on the sockets.
  void stop_listening();

  /// Serves a connection from now on.
  void adopt(Handover connection);

  /// Passes each connection to `next` as soon as it is between two requests, many of them at once.
  void hand_over(std::function<void(Handover)> next);

  /// Closes each connection as soon as it is between two requests; responses say so.
  void finish();

  /// Breaks off all connections; handlers get on_finished for requests under way.
  void close_all();

  /// Requests under way.
  size_t active() const;
  /// Open connections.
  size_t size() const;
  /// Called each time a request is over and none is left under way.
  void on_idle(std::function<void()> callback);

 private:
  friend class Connection;
  class Loop;
  std::shared_ptr<Loop> loop_;
};

/// A listening TCP socket on an address. `port` 0: one that is free. Throws Error, with what to do
/// when the port is in use.
Descriptor open_listening_socket(const std::string& address, std::uint16_t port);

/// The port a socket listens on, 0 for a local (AF_UNIX) socket. Throws Error when it is not a
/// listening stream socket.
std::uint16_t listening_port(int socket);

}  // namespace cwrangler::server
