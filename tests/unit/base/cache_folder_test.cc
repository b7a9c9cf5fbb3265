#include "base/cache_folder.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/files.h"

namespace cwrangler {
namespace {

namespace fs = std::filesystem;

/// A folder of the test's own.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "cache-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const char* name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void keep(const fs::path& path, size_t bytes, long used) {
  fs::create_directories(path.parent_path());
  write_file_atomically(path, std::string(bytes, 'x'));
  const timespec times[2] = {{used, 0}, {used, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

TEST_CASE("entries come in the order of their last use, folders as one") {
  const Folder folder;
  keep(folder / "b", 5000, 200);
  keep(folder / "a", 10, 100);
  keep(folder / "tree/deep/file", 100'000, 300);
  const timespec old[2] = {{50, 0}, {50, 0}};
  for (const char* part : {"tree/deep", "tree"}) {
    REQUIRE(::utimensat(AT_FDCWD, (folder / part).c_str(), old, 0) == 0);
  }
  const auto entries = cache_entries(folder.path());
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].path.filename() == "a");
  CHECK(entries[1].path.filename() == "b");
  CHECK(entries[2].path.filename() == "tree");
  CHECK(entries[2].bytes >= 100'000);
  mark_used(folder / "a");
  CHECK(cache_entries(folder.path()).back().path.filename() == "a");
  CHECK(cache_entries(folder / "not there").empty());
}

TEST_CASE("room is made by what was not used for longest, and never by folders") {
  const Folder folder;
  keep(folder / "oldest", 8192, 100);
  keep(folder / "older", 8192, 200);
  keep(folder / "new", 8192, 300);
  keep(folder / "tree/file", 8192, 10);
  make_room(folder.path(), 1 << 20);
  CHECK(cache_entries(folder.path()).size() == 4);
  make_room(folder.path(), 16384);
  CHECK_FALSE(fs::exists(folder / "oldest"));
  CHECK(fs::exists(folder / "older"));
  make_room(folder.path(), 0);
  REQUIRE(cache_entries(folder.path()).size() == 1);
  CHECK(fs::exists(folder / "tree"));
}

TEST_CASE("the limit is of the environment, when it is a number") {
  ::setenv("CWRANGLER_CACHE_LIMIT", "400", 1);
  CHECK(snapshot_cache_limit() == 300U << 20);
  CHECK(code_cache_limit() == 100U << 20);
  for (const char* odd : {"", "-1", "12x", "99999999999999999999999"}) {
    ::setenv("CWRANGLER_CACHE_LIMIT", odd, 1);
    CHECK(snapshot_cache_limit() == 1536U << 20);
  }
  ::setenv("CWRANGLER_CACHE_LIMIT", "18446744073709551615", 1);
  CHECK(snapshot_cache_limit() > code_cache_limit());
  ::unsetenv("CWRANGLER_CACHE_LIMIT");
}

}  // namespace
}  // namespace cwrangler
