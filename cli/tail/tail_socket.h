// The WebSocket that a tail's invocations come through (RFC 6455, subprotocol `trace-v1`).
//
// libcurl makes the connection, so that proxies and certificates are those of every other request;
// Boost.Beast speaks WebSocket on it. One thread.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/api/network_settings.h"

namespace cwrangler::cli {

class TailSocket {
 public:
  enum class End {
    closed,   ///< the server has ended the tail
    lost,     ///< the connection broke, or the server is silent even when it is pinged
    stopped,  ///< `stop` has become readable
  };

  /// Connects to a ws: or wss: URL. `stop`: a descriptor that becomes readable when the user wants
  /// to end; it is not read. Throws Error; where the user has ended it, with ExitCode::interrupted.
  TailSocket(const NetworkSettings& settings, const std::string& url, int stop);
  TailSocket(const TailSocket&) = delete;
  TailSocket& operator=(const TailSocket&) = delete;
  ~TailSocket();

  /// Calls `message` with the text of each message until there are no more.
  End read(const std::function<void(const std::string& text)>& message);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace cwrangler::cli
