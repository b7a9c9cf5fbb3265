#include "cli/packages/removal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/process/child_process.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::TemporaryFolder;

void fill(const TemporaryFolder& folder) {
  folder.write("kept.txt", "kept");
  for (const char* file : {"old/a.py", "old/b/c.py", "old/b/d/e.py"}) folder.write(file, "x");
  fs::create_directory_symlink(folder.path(), folder.path() / "old" / "b" / "link");
}

Descriptor open_folder(const fs::path& folder) {
  return Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

TEST_CASE("a folder is removed, and nothing that a link in it points to") {
  const TemporaryFolder folder;
  fill(folder);
  remove_with_patience(folder.path() / "old", 1h);
  CHECK_FALSE(fs::exists(folder.path() / "old"));
  CHECK(fs::exists(folder.path() / "kept.txt"));
  remove_with_patience(folder.path() / "old", 1h);  // nothing to do
}

TEST_CASE("what takes too long is removed by a process of its own") {
  const TemporaryFolder folder;
  fill(folder);
  const Descriptor old = open_folder(folder.path() / "old");
  remove_with_patience(folder.path() / "old", -1ms);
  // It holds the folder's lock until it ends.
  CHECK(::flock(old.get(), LOCK_EX) == 0);
  CHECK_FALSE(fs::exists(folder.path() / "old"));
  CHECK(fs::exists(folder.path() / "kept.txt"));
}

TEST_CASE("a folder that another process removes is left to that one") {
  const TemporaryFolder folder;
  fill(folder);
  const Descriptor old = open_folder(folder.path() / "old");
  REQUIRE(::flock(old.get(), LOCK_EX) == 0);
  remove_with_patience(folder.path() / "old", 1h);
  CHECK(fs::exists(folder.path() / "old" / "a.py"));
}

}  // namespace
}  // namespace cwrangler::cli
