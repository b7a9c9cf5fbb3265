#include "cli/dev/listeners.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

/// How many ports are tried when none was asked for.
constexpr int kPortsTried = 100;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  bool optional = false;  ///< done without where the machine has no such address

  void set_port(int port) {
    const auto number = htons(static_cast<uint16_t>(port));
    if (storage.ss_family == AF_INET6) {
      reinterpret_cast<sockaddr_in6&>(storage).sin6_port = number;
    } else {
      reinterpret_cast<sockaddr_in&>(storage).sin_port = number;
    }
  }
};

Address parse_address(const std::string& ip) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(ip.c_str(), nullptr, &hints, &found) != 0) {
    throw Error("not an IP address: " + ip)
        .exit_with(ExitCode::usage)
        .hint("--ip takes an address of this machine, such as 127.0.0.1 or 0.0.0.0, or localhost.");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  return address;
}

std::vector<Address> addresses_of(const std::string& ip) {
  if (ip != "localhost") return {parse_address(ip == "*" ? "0.0.0.0" : ip)};
  std::vector<Address> both{parse_address("127.0.0.1"), parse_address("::1")};
  both[1].optional = true;
  return both;
}

int bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

/// A listening socket, or an invalid descriptor with errno set.
Descriptor listen_on(const Address& address) {
  Descriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!fd.valid()) return fd;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    const int reason = errno;
    fd.reset();
    errno = reason;
  }
  return fd;
}

/// Listens on every address with one port; nothing when the port is taken on one of them.
std::optional<Listeners> try_port(std::vector<Address> addresses, int port, const std::string& ip) {
  Listeners result;
  for (Address& address : addresses) {
    address.set_port(port);
    Descriptor fd = listen_on(address);
    if (!fd.valid()) {
      if (errno == EADDRINUSE) return std::nullopt;
      if (address.optional) continue;
      throw system_error("listening on " + ip + ":" + std::to_string(port))
          .hint("Choose an address of this machine with --ip, and a port above 1023 with --port.");
    }
    port = bound_port(fd.get());
    result.sockets.push_back(std::move(fd));
  }
  result.port = port;
  return result;
}

}  // namespace

Listeners open_listeners(const std::string& ip, std::optional<int> port, const Protocol& protocol) {
  const std::vector<Address> addresses = addresses_of(ip);
  std::optional<Listeners> opened;
  if (port) {
    opened = try_port(addresses, *port, ip);
  } else {
    for (int i = 0; i < kPortsTried && !opened; ++i) {
      opened = try_port(addresses, kDefaultPort + i, ip);
    }
    if (!opened) opened = try_port(addresses, 0, ip);
  }
  if (!opened) {
    const std::string shown = ip == "localhost" ? "127.0.0.1" : ip;
    throw Error("Address already in use (" + shown + ":" + std::to_string(port.value_or(0)) +
                "). Please check that you are not already running a server on this address or "
                "specify a different port with --port.");
  }
  const std::string host = ip.find(':') == std::string::npos ? ip : "[" + ip + "]";
  opened->url =
      (protocol.https ? "https://" : "http://") + host + ":" + std::to_string(opened->port);
  if (protocol.https) opened->arguments.emplace_back("--https");
  if (!protocol.certificate.empty()) {
    opened->arguments.insert(opened->arguments.end(),
                             {"--https-certificate", protocol.certificate.string(), "--https-key",
                              protocol.key.string()});
  }
  return std::move(*opened);
}

}  // namespace cwrangler::cli
