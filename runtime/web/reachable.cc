#include "runtime/web/reachable.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

namespace cwrangler::web {
namespace {

std::atomic<bool> denied{false};

struct Network4 {
  std::uint32_t address;
  int bits;
};

/// Not globally reachable: https://www.iana.org/assignments/iana-ipv4-special-registry
constexpr std::array kPrivate4{
    Network4{0x00000000, 8},   // this network
    Network4{0x0A000000, 8},   // private
    Network4{0x64400000, 10},  // shared address space
    Network4{0x7F000000, 8},   // loopback
    Network4{0xA9FE0000, 16},  // link-local, cloud metadata among it
    Network4{0xAC100000, 12},  // private
    Network4{0xC0000000, 24},  // protocol assignments
    Network4{0xC0A80000, 16},  // private
    Network4{0xC6120000, 15},  // benchmarks
    Network4{0xE0000000, 4},   // multicast
    Network4{0xF0000000, 4},   // reserved, broadcast
};

bool is_public4(std::uint32_t address) {
  return std::none_of(kPrivate4.begin(), kPrivate4.end(), [address](const Network4& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
}

std::uint32_t number4(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Only global unicast (2000::/3) is public, and of that not what stands for IPv4 addresses that
/// are not.
bool is_public6(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<std::uint8_t, 12> kTranslated{0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin()) ||
      std::equal(kTranslated.begin(), kTranslated.end(), bytes.begin())) {
    return is_public4(number4(bytes.data() + 12));
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public4(number4(bytes.data() + 2));  // 6to4
  const bool is_teredo = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0;
  return bytes[0] >> 5 == 1 && !is_teredo;
}

}  // namespace

void deny_private_addresses() {
  denied = true;
}

bool are_private_addresses_denied() {
  return denied;
}

bool may_reach(const sockaddr& address) {
  if (!denied) return true;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return is_public4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
    return is_public6(bytes);
  }
  return false;
}

}  // namespace cwrangler::web
