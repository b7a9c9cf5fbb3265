#include "cli/packages/source_build.h"

#include <doctest/doctest.h>

#include "base/files.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

TEST_CASE("compiled files are found by name and by content, sources are not") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "package" / "deep");
  write_file_atomically(folder.path() / "package" / "_speedups.c", "int x;");
  write_file_atomically(folder.path() / "package" / "so.py", "x = 1");
  CHECK(find_native_file(folder.path()).empty());
  const fs::path program = folder.path() / "package" / "deep" / "tool";
  write_file_atomically(program, std::string("\x7f") + "ELF\x02\x01");
  CHECK(find_native_file(folder.path()) == program);
  fs::remove(program);
  const fs::path module = folder.path() / "package" / "_speedups.cpython-311-x86_64-linux-gnu.so";
  write_file_atomically(module, "");
  CHECK(find_native_file(folder.path()) == module);
}

}  // namespace
}  // namespace cwrangler::cli
