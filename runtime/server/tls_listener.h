// HTTPS in front of the server: accepts, does TLS, and passes on connections that carry plain
// bytes. What serves them, hands them over at a reload or makes WebSockets of them knows nothing of
// TLS.
//
// Each connection is a pair of local sockets between the instance and a tunnel here, which costs a
// copy of the bytes: this is for a dev session and its one user, not for a server of the public.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "runtime/server/connections.h"

namespace boost::asio {
class io_context;
}

namespace cwrangler::server {

/// What a server shows to its clients, in PEM.
struct TlsIdentity {
  std::string certificate;  ///< its own first, then those that lead to a root
  std::string key;
};

/// Used on the loop's thread only.
class TlsListener {
 public:
  /// `loop` must outlive this. `accepted` gets each connection whose client has ended its
  /// handshake. Takes its own duplicates of the listening sockets. Throws Error when certificate
  /// and key are none, or do not belong together.
  TlsListener(boost::asio::io_context& loop, const std::vector<Descriptor>& sockets,
              const TlsIdentity& identity, std::function<void(Handover)> accepted);
  TlsListener(const TlsListener&) = delete;
  TlsListener& operator=(const TlsListener&) = delete;
  /// As close_all().
  ~TlsListener();

  void start();
  /// Accepts no more. `drained` is called, perhaps at once, when all that was to be sent to clients
  /// has been sent. Connections end when the other side of their pair is closed.
  void stop(std::function<void()> drained);
  /// Breaks all connections off.
  void close_all();

 private:
  class Loop;
  class Tunnel;
  std::shared_ptr<Loop> loop_;
};

}  // namespace cwrangler::server
