// What the fuzz targets share. libFuzzer (https://llvm.org/docs/LibFuzzer.html) calls
// LLVMFuzzerTestOneInput with bytes, over and over; sanitizers end the program when code does what
// it must not.

#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size);

namespace cwrangler::fuzz {

inline std::string_view text_of(const std::uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Cuts the text up to `end`, which is dropped, off its beginning; all of it where there is no
/// `end`.
inline std::string_view take_until(std::string_view& text, char end) {
  const size_t found = text.find(end);
  const std::string_view taken = text.substr(0, found);
  text.remove_prefix(found == std::string_view::npos ? text.size() : found + 1);
  return taken;
}

/// Bytes from outside are read, or refused with an Error; any other exception ends the program.
template <class Read>
void read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

/// Ends the program where what a reader promises does not hold.
inline void demand(bool holds) {
  if (holds) return;
  std::perror("what a target demands is not so; the last failed call of the system says");
  std::abort();
}

/// A file in memory.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    demand(descriptor_ >= 0 && ::fchmod(descriptor_, S_IRUSR | S_IWUSR) == 0);
    demand(::write(descriptor_, content.data(), content.size()) ==
           static_cast<ssize_t>(content.size()));
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  /// Opened by it, the file is read from its beginning.
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace cwrangler::fuzz
