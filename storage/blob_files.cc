#include "storage/blob_files.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/descriptor.h"
#include "base/error.h"

namespace cwrangler::storage {
namespace {

void fill_with_random_bytes(std::span<uint8_t> bytes) {
  // Up to 256 bytes come whole (getrandom(2)).
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw system_error("making a random name");
  }
}

}  // namespace

void append_hex(std::string& text, std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
}

std::string random_hex(size_t count) {
  std::array<uint8_t, 256> bytes;
  const auto wanted = std::span(bytes).first(count);
  fill_with_random_bytes(wanted);
  std::string text;
  append_hex(text, wanted);
  return text;
}

std::string new_blob_id() {
  std::array<uint8_t, 40> bytes;
  fill_with_random_bytes(std::span(bytes).first<32>());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto time =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  for (size_t i = bytes.size(); i > 32; time >>= 8) bytes[--i] = static_cast<uint8_t>(time);
  std::string id;
  append_hex(id, bytes);
  return id;
}

bool is_blob_id(std::string_view id) {
  return !id.empty() && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void write_all(int file, std::span<const uint8_t> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("writing " + path.string());
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

void flush_folder(const std::filesystem::path& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) {
    throw system_error("flushing " + path.string());
  }
}

}  // namespace cwrangler::storage
