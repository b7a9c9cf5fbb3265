// TLS of the connections that an isolate opens (fetch() has libcurl's).

#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>
#include <string>

#include "runtime/web/authorities.h"

namespace cwrangler::web {

/// Part of the isolate's state.
class TlsClient {
 public:
  /// Made at the first use: reading the system's authorities takes some milliseconds.
  boost::asio::ssl::context& context() {
    if (!context_) {
      context_.emplace(boost::asio::ssl::context::tls_client);
      trust_authorities(*context_);
    }
    return *context_;
  }

  /// Before the handshake: the other end must prove that it is `name`, a host name or an address.
  template <class Stream>
  static void expect(Stream& stream, const std::string& name) {
    stream.set_verify_mode(boost::asio::ssl::verify_peer);
    stream.set_verify_callback(boost::asio::ssl::host_name_verification(name));
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(name, not_an_address);
    // Server Name Indication is for names only (RFC 6066, section 3).
    if (not_an_address) SSL_set_tlsext_host_name(stream.native_handle(), name.c_str());
  }

 private:
  std::optional<boost::asio::ssl::context> context_;
};

}  // namespace cwrangler::web
