// The checksums that R2 keeps of an object, of bytes that come in pieces.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace cwrangler::storage {

/// In the order of strength; the names are R2's.
inline constexpr std::array<std::string_view, 5> kChecksumNames{"md5", "sha1", "sha256", "sha384",
                                                                "sha512"};

class Checksum {
 public:
  virtual ~Checksum() = default;
  virtual void add(std::span<const uint8_t> bytes) = 0;
  /// Of all that was added. Called once.
  virtual std::vector<uint8_t> finish() = 0;
};

/// `name`: one of kChecksumNames. Throws Error for another.
std::unique_ptr<Checksum> make_checksum(std::string_view name);

}  // namespace cwrangler::storage
