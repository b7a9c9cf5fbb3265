// Which addresses a Worker may connect to: all, or on a server for Workers of others none of the
// machine's own and of private networks.
//
// The rule is the process's, set before the first isolate is made, and asked of the address that is
// connected to, after its name was resolved: a name that leads elsewhere the second time it is
// asked for does not get around it.

#pragma once

#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

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

/// What is said of a connection that the rule has refused.
inline constexpr const char* kUnreachable =
    "the address is a loopback, private or reserved one, which Workers may not connect to here";

/// What is wrong when async_connect() with that condition fails.
inline std::string connect_problem(const boost::system::error_code& error) {
  // No address was left to try.
  return error == boost::asio::error::not_found ? kUnreachable : error.message();
}

}  // namespace cwrangler::web
