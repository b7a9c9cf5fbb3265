// Files that are named by what is in them: modules and static assets of all versions.
//
// A file is whole and on disk before anything names it, and is never changed; two uploads of the
// same bytes share it. Any thread.

#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace cwrangler::edge {

class Blobs {
 public:
  /// Makes the folder when it is not there.
  explicit Blobs(std::filesystem::path folder);

  /// Keeps the bytes and returns their name: SHA-256 in 64 hexadecimal digits.
  std::string keep(std::string_view content);

  std::filesystem::path path(const std::string& name) const;

  /// Removes those that are not in `used`, and what a crash has left behind. Nothing else may run.
  void sweep(const std::set<std::string, std::less<>>& used);

 private:
  const std::filesystem::path folder_;
};

/// In 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace cwrangler::edge
