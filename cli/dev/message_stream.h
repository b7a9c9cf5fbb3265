// The control messages of base/control_protocol.h over a socket that never makes the dev session
// wait: a runtime that hangs neither takes messages nor finishes the one it is sending.

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/process/child_process.h"

namespace cwrangler::cli {

class MessageStream {
 public:
  /// Takes ownership of a connected stream socket and makes it non-blocking.
  explicit MessageStream(Descriptor socket);

  int descriptor() const { return socket_.get(); }

  /// Queues a message and sends what the socket takes now.
  void send(const nlohmann::json& message);
  /// Whether something is still to be sent; then poll for POLLOUT and call flush().
  bool wants_write() const { return !outgoing_.empty(); }
  void flush();

  /// The messages that have arrived whole, at most some 64 KiB of them a call.
  std::vector<nlohmann::json> receive();
  /// The other side has closed, or has sent something that is no message: nothing more will come.
  bool closed() const { return closed_; }

 private:
  Descriptor socket_;
  std::string incoming_;
  std::string outgoing_;
  bool closed_ = false;
};

}  // namespace cwrangler::cli
