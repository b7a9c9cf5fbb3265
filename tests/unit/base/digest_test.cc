#include "base/digest.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace cwrangler {
namespace {

namespace fs = std::filesystem;

std::string digest_of(std::initializer_list<std::string_view> parts) {
  Digest digest;
  for (const std::string_view part : parts) digest.add(part);
  return digest.hex();
}

TEST_CASE("a digest depends on every part and on where one ends") {
  CHECK(digest_of({"a", "b"}) == digest_of({"a", "b"}));
  CHECK(digest_of({"a", "b"}) != digest_of({"ab"}));
  CHECK(digest_of({"ab", ""}) != digest_of({"", "ab"}));
  CHECK(digest_of({}).size() == 32);
  CHECK(digest_of({}).find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("the digest of bytes is XXH3's of 128 bits") {
  // The value for no input, of xxHash's own specification.
  CHECK(hex_digest({}) == "99aa06d3014798d86001c324468d497f");
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  CHECK(hex_digest(bytes) != hex_digest({}));
}

TEST_CASE("a file's state changes with what is written to it, and not by reading") {
  const fs::path file =
      fs::temp_directory_path() / ("cwrangler-digest-" + std::to_string(::getpid()));
  auto state = [&] {
    Digest digest;
    digest.add_file_state(file);
    return digest.hex();
  };
  const std::string missing = state();
  std::ofstream(file) << "one";
  const std::string first = state();
  CHECK(first != missing);
  CHECK(state() == first);
  const auto time = fs::last_write_time(file);
  std::ofstream(file) << "longer";
  fs::last_write_time(file, time);
  CHECK(state() != first);
  fs::remove(file);
  CHECK(state() == missing);
}

}  // namespace
}  // namespace cwrangler
