// Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key that only this user can read.

#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace cwrangler::edge {

class Seal {
 public:
  /// Reads the key, and makes one of random bytes (mode 600) when the file is not there. Throws
  /// Error for a file that others may read or write, or that holds no key.
  explicit Seal(const std::filesystem::path& key_file);
  Seal(const Seal&) = delete;
  Seal& operator=(const Seal&) = delete;
  ~Seal();

  /// In base64. `context`: whose it is; it opens with the same one only.
  std::string close(std::string_view text, std::string_view context) const;

  /// Throws Error for what was not sealed with this key and context, or was changed since.
  std::string open(std::string_view sealed, std::string_view context) const;

  /// HMAC-SHA-256 of the text under a key derived from this one, as base64 for URLs: signs what is
  /// handed out and comes back. `purpose` keeps signatures of different kinds apart.
  std::string sign(std::string_view purpose, std::string_view text) const;

 private:
  std::array<unsigned char, 32> key_{};
};

/// Alphabet of URLs, no padding (RFC 4648, section 5).
std::string base64url(std::string_view bytes);

/// Base64 of either alphabet, padded or not. Throws Error for anything else.
std::string from_base64(std::string_view text);

/// Compares in a time that does not tell where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace cwrangler::edge
