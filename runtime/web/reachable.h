// Which addresses a Worker may connect to: all, or on a server for Workers of others none of the
// machine's own and of private networks.
//
// The rule is the process's, set before the first isolate is made, and asked of the address that is
// connected to, after its name was resolved: a name that leads elsewhere the second time it is
// asked for does not get around it.

#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

namespace cwrangler::web {

/// From now on loopback, private, link-local, shared and reserved addresses (RFC 6890) are refused.
void deny_private_addresses();
bool are_private_addresses_denied();

/// Whether the rule lets a connection go there. Anything but IPv4 and IPv6 is private.
bool may_reach(const sockaddr& address);

/// The same as boost::asio::async_connect's condition.
inline bool may_reach_next(const boost::system::error_code&,
                           const boost::asio::ip::tcp::endpoint& next) {
  return may_reach(*next.data());
}

}  // namespace cwrangler::web
