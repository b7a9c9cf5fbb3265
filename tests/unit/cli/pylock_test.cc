#include "cli/packages/pylock.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/files.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

using test::TemporaryFolder;

constexpr std::string_view kLock = R"(lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.14.2"

[[packages]]
name = "jinja2"
version = "3.1.6"
sdist = { url = "https://host/jinja2-3.1.6.tar.gz", upload-time = 2025-03-05T20:05:02Z, hashes = { sha256 = "01" } }
wheels = [{ url = "https://host/jinja2-3.1.6-py3-none-any.whl", hashes = { sha256 = "02" } }]

[[packages]]
name = "markupsafe"
version = "3.0.4"
sdist = { url = "https://host/markupsafe-3.0.4.tar.gz", hashes = { sha256 = "2e9a" } }

[[packages]]
name = "local"
directory = { path = "../local", editable = false }

[[packages]]
name = "wheel"
version = "1"
archive = { path = "wheel-1-py3-none-any.whl", hashes = { sha256 = "03" } }
)";

TEST_CASE("a lock says what has a wheel, what must be built and what is local") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pylock.toml";
  write_file_atomically(file, kLock);
  const std::vector<LockedPackage> packages = read_pylock(file);
  REQUIRE(packages.size() == 4);
  CHECK(packages[0].has_wheel);
  CHECK_FALSE(packages[1].has_wheel);
  CHECK_FALSE(packages[1].is_local);
  CHECK(packages[1].version == "3.0.4");
  CHECK(packages[1].sdist_sha256 == "2e9a");
  CHECK(packages[2].is_local);
  CHECK_FALSE(packages[2].has_wheel);
  CHECK(packages[3].has_wheel);
}

TEST_CASE("a lock without a package is still a lock of the others") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pylock.toml";
  write_file_atomically(file, kLock);
  write_file_atomically(file, pylock_without(file, {"markupsafe", "local"}));
  const std::vector<LockedPackage> packages = read_pylock(file);
  REQUIRE(packages.size() == 2);
  CHECK(packages[0].name == "jinja2");
  CHECK(packages[0].sdist_sha256 == "01");
  CHECK(packages[1].name == "wheel");
  CHECK(read_file(file).find("lock-version") != std::string::npos);
}

TEST_CASE("an index may leave out sizes and times: the lock says the same") {
  const std::string whole =
      "sdist = { url = \"https://h/a.tar.gz\", upload-time = 2026-11-18T11:06:55Z, size = 10764, "
      "hashes = { sha256 = \"0a\" } }\nsize = 3\n";
  const std::string bare =
      "sdist = { url = \"https://h/a.tar.gz\", hashes = { sha256 = \"0a\" } }\nsize = 3\n";
  CHECK(without_remarks(whole) == without_remarks(bare));
  CHECK(without_remarks(bare) == bare);
  std::string other = whole;
  other.replace(other.find("0a"), 2, "0b");
  CHECK(without_remarks(other) != without_remarks(bare));
  CHECK(without_remarks("").empty());
  CHECK(without_remarks("size = 1") == "size = 1");
}

TEST_CASE("a lock that is none is refused, hostile shapes included") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "pylock.toml";
  write_file_atomically(file, "packages = [");
  CHECK_THROWS_AS(read_pylock(file), Error);
  write_file_atomically(file, "packages = [1, 'x', {name = 3, wheels = {}}]");
  const std::vector<LockedPackage> packages = read_pylock(file);
  REQUIRE(packages.size() == 1);
  CHECK(packages[0].name.empty());
  CHECK(pylock_without(file, {"x"}).find("packages") != std::string::npos);
}

}  // namespace
}  // namespace cwrangler::cli
