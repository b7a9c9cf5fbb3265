// One WebSocket connection over TCP or TLS, on either side of it. Internal to web_sockets.h.

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "runtime/web/web_sockets.h"

namespace cwrangler::web {

struct WebSocketClosed {
  uint16_t code = 1006;
  std::string reason;
  bool was_clean = false;
};

struct WebSocketMessage {
  std::vector<uint8_t> bytes;
  bool text = false;
};

using WebSocketEvent = std::variant<WebSocketMessage, WebSocketClosed>;

/// Callbacks come from the event loop, never from inside the call that asks for them.
class WebSocketConnection {
 public:
  /// What the server said to the opening handshake; an error's text when it said nothing.
  struct Opened {
    std::string error;
    int status = 0;
    HeaderList headers;
  };

  virtual ~WebSocketConnection() = default;

  /// The server's side: answers the handshake. Events come when it is done.
  virtual void accept(const std::string& target, const HeaderList& request,
                      const HeaderList& answer) = 0;
  /// The client's side.
  virtual void connect(const WebSockets::Target& target, const HeaderList& headers,
                       std::function<void(Opened)> done) = 0;
  /// One at a time; none after a WebSocketClosed.
  virtual void read(std::function<void(WebSocketEvent)> done) = 0;
  virtual void send(std::vector<uint8_t> bytes, bool text) = 0;
  virtual void close(uint16_t code, std::string reason) = 0;
  /// Cuts the connection.
  virtual void drop() = 0;
};

std::shared_ptr<WebSocketConnection> make_web_socket(boost::asio::ip::tcp::socket socket);
/// `name`: whom the certificate must be for.
std::shared_ptr<WebSocketConnection> make_tls_web_socket(boost::asio::ip::tcp::socket socket,
                                                         boost::asio::ssl::context& context,
                                                         const std::string& name);

}  // namespace cwrangler::web
