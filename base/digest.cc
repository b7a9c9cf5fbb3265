#include "base/digest.h"

#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>

namespace cwrangler {
namespace {

std::string hex_of(const XXH128_hash_t& hash) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx",
                static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text.data();
}

}  // namespace

struct Digest::State {
  XXH3_state_t xxh3;
};

Digest::Digest() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->xxh3);
}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(std::string_view part) {
  add_number(part.size());
  XXH3_128bits_update(&state_->xxh3, part.data(), part.size());
}

void Digest::add_number(std::uint64_t number) {
  XXH3_128bits_update(&state_->xxh3, &number, sizeof(number));
}

void Digest::add_file_state(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    add_number(0);
    return;
  }
  add_number(1);
  add_number(static_cast<std::uint64_t>(status.st_size));
  add_number(status.st_ino);
  for (const timespec& time : {status.st_mtim, status.st_ctim}) {
    add_number(static_cast<std::uint64_t>(time.tv_sec));
    add_number(static_cast<std::uint64_t>(time.tv_nsec));
  }
}

std::string Digest::hex() const {
  return hex_of(XXH3_128bits_digest(&state_->xxh3));
}

std::string hex_digest(std::span<const std::uint8_t> bytes) {
  return hex_of(XXH3_128bits(bytes.data(), bytes.size()));
}

}  // namespace cwrangler
