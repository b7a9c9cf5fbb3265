// The WebSocket connections of one isolate: Boost.Beast's protocol (RFC 6455, with
// permessage-deflate of RFC 7692) on the isolate's event loop. js/websocket.js makes the class
// WebSocket of them.
//
// Pings are answered, an idle connection is pinged, the other side's close is answered. Text that
// is not UTF-8 and messages over 32 MiB end a connection with the standard's codes.

#pragma once

#include <v8.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/engine/isolate.h"
#include "runtime/engine/ops.h"
#include "runtime/web/promise_table.h"

namespace cwrangler::web {

class WebSocketConnection;

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// All on the isolate's thread; part of its state. A connection is known by its number.
class WebSockets {
 public:
  explicit WebSockets(engine::Isolate& isolate);
  WebSockets(const WebSockets&) = delete;
  WebSockets& operator=(const WebSockets&) = delete;
  ~WebSockets();

  /// Answers a client's opening handshake, whose head was read from the socket already, with 101
  /// and `answer`'s headers beside the handshake's own. Takes the descriptor over. Throws
  /// std::runtime_error when the socket is broken. What is sent meanwhile waits.
  int32_t accept(int connected_socket, const std::string& target, const HeaderList& request,
                 const HeaderList& answer);

  struct Target {
    std::string host;  ///< to connect to
    std::string port;
    bool tls = false;
    std::string name;  ///< of the certificate
    std::string host_header;
    std::string path;  ///< with the query
  };
  /// Opens a connection. Settles the promise `opened` with {id, status, headers: flat}; without a
  /// number (`id` undefined) when the server answered, but not with 101.
  void connect(const Target& target, const HeaderList& headers, uint64_t opened);

  /// The next event into the promise `read`: a string, a Uint8Array, or, as the last one,
  /// [code, reason, whether both sides said goodbye].
  void read(int32_t id, uint64_t read);
  /// Queues a message. Without effect after close().
  void send(int32_t id, std::vector<uint8_t> bytes, bool text);
  /// Says goodbye after what is queued. `code` 0: without a code.
  void close(int32_t id, uint16_t code, std::string reason);

  engine::Isolate& isolate() { return isolate_; }
  PromiseTable& promises() { return promises_; }

 private:
  WebSocketConnection* find(int32_t id);
  int32_t add(std::shared_ptr<WebSocketConnection> connection);

  engine::Isolate& isolate_;
  PromiseTable promises_;
  std::unordered_map<int32_t, std::shared_ptr<WebSocketConnection>> open_;
  int32_t last_id_ = 0;
};

}  // namespace cwrangler::web
