#include "cli/packages/sync_state.h"

#include <doctest/doctest.h>

#include "base/files.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

TEST_CASE("the fingerprint follows what decides the packages, and nothing else") {
  const TemporaryFolder folder;
  const fs::path requirements = folder.path() / "requirements.txt";
  const fs::path lock = folder.path() / "pylock.toml";
  auto fingerprint = [&](std::string_view python) {
    return sync_fingerprint(inputs_digest(folder.path(), read_dependencies(folder.path()), python),
                            lock);
  };
  write_file_atomically(requirements, "httpx\n");
  const std::string first = fingerprint("3.14");
  write_file_atomically(folder.path() / "entry.py", "x = 1\n");
  CHECK(fingerprint("3.14") == first);
  CHECK(fingerprint("3.13") != first);
  write_file_atomically(lock, "# pins\n");
  CHECK(fingerprint("3.14") != first);
  fs::remove(lock);
  CHECK(fingerprint("3.14") == first);
  write_file_atomically(requirements, "httpx<1\n");
  CHECK(fingerprint("3.14") != first);
}

TEST_CASE("a state file is read back; a damaged one counts as none") {
  const TemporaryFolder folder;
  CHECK(read_sync_state(folder.path()).empty());
  write_sync_state(folder.path(), "abc-def");
  CHECK(read_sync_state(folder.path()) == "abc-def");
  for (const char* damage : {"", "{", "[]", "{\"fingerprint\": 3}"}) {
    write_file_atomically(folder.path() / kSyncStateFile, damage);
    CHECK(read_sync_state(folder.path()).empty());
  }
}

}  // namespace
}  // namespace cwrangler::cli
