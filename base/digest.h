// A short name for any amount of data: the key of what is kept in a cache, or the sign that
// something has changed.
//
// XXH3, 128 bits: collisions by chance are out of the question, and it costs next to nothing. It is
// no protection against somebody who wants two things to have one digest: use it where who can
// write the data can write the result as well.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cwrangler {

class Digest {
 public:
  Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  /// A part of its own: the length counts too, so that moving text from one part to the next
  /// changes the digest.
  void add(std::string_view part);

  void add_number(std::uint64_t number);

  /// What tells one state of a file from another without reading it: size, inode, and the times of
  /// the last change of its content and of its inode. The latter cannot be set, so a file that was
  /// touched back does not go unnoticed. A file that is not there is a state too.
  void add_file_state(const std::filesystem::path& path);

  /// 32 lowercase hexadecimal digits for what was added so far.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of these bytes and nothing else, as Digest::hex writes one.
std::string hex_digest(std::span<const std::uint8_t> bytes);

}  // namespace cwrangler
