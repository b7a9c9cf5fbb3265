#include "base/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/error.h"

namespace fs = std::filesystem;

namespace {

/// A folder of its own that is gone after the test.
struct TemporaryDirectory {
  fs::path path;
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "files_test.XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("an atomic write replaces the content and leaves nothing beside it") {
  const TemporaryDirectory folder;
  const fs::path file = folder.path / "state";
  cwrangler::write_file_atomically(file, "one");
  cwrangler::write_file_atomically(file, std::string("two\0three", 9), 0600);
  CHECK(cwrangler::read_file(file) == std::string("two\0three", 9));
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("a file that cannot be read is named together with the reason") {
  CHECK_THROWS_WITH_AS(cwrangler::read_file("/nonexistent/x"),
                       "reading /nonexistent/x: No such file or directory", cwrangler::Error);
  CHECK_THROWS_AS(cwrangler::read_file("/tmp"), cwrangler::Error);
}

TEST_CASE("a write into a missing folder fails and says so") {
  CHECK_THROWS_AS(cwrangler::write_file_atomically("/nonexistent/x", "y"), cwrangler::Error);
}
