#include "cli/deploy/blake3.h"

#include <array>

#include "base/hex.h"

// Of the static library made from the crate (cli/deploy/digest).
extern "C" void cwrangler_blake3(const unsigned char* data, size_t length, unsigned char* digest);

namespace cwrangler::cli {

std::string blake3_hex(std::string_view data) {
  constexpr size_t kDigestBytes = 32;
  std::array<unsigned char, kDigestBytes> digest{};
  // Rust's slices have no null, not even for nothing.
  const char* bytes = data.empty() ? "" : data.data();
  cwrangler_blake3(reinterpret_cast<const unsigned char*>(bytes), data.size(), digest.data());
  return hex(digest);
}

}  // namespace cwrangler::cli
