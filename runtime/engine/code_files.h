// Files of compiled code. What is in one is run as it is: it must be what was written, and nobody
// but this user, or root, may have been able to write it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cwrangler::engine {

/// All functions may be called by any thread.
class CodeFiles {
 public:
  struct Folders {
    std::filesystem::path own;        ///< the user's, made when it is first needed; empty: none
    std::filesystem::path installed;  ///< of the install tree, never written; empty: none
  };
  explicit CodeFiles(Folders folders) : folders_(std::move(folders)) {}

  /// Whether write() has a place to write to.
  bool can_write() const { return !folders_.own.empty(); }

  /// Whether there is code for `key`, trusted or not. `extension`: what kind of code it is, with a
  /// dot. Files of another version of V8 are left alone.
  bool contains(const std::string& key, std::string_view extension) const;

  /// Gives `use` the code for `key` that can be trusted, the user's before the installed, until it
  /// returns true. Returns whether it did. The user's is removed where it is of no use.
  bool read(const std::string& key, std::string_view extension,
            const std::function<bool(std::string code)>& use) const;

  /// Writes the user's code in one step; logs a failure: code that is not kept costs time, nothing
  /// else.
  void write(const std::string& key, std::string_view extension,
             std::span<const uint8_t> code) const;

 private:
  Folders folders_;
};

}  // namespace cwrangler::engine
