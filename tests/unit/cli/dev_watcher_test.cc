#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/dev/watcher.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

/// Whether what was done before this call is noticed. inotify tells at once, without a delay.
bool noticed(Watcher& watcher) {
  pollfd ready{watcher.descriptor(), POLLIN, 0};
  return ::poll(&ready, 1, 0) > 0 && watcher.changed() != Change::none;
}

TEST_CASE("a file that is whole is told from one that is gone") {
  const TemporaryFolder folder;
  folder.write("src/a.py", "1");
  const fs::path root = folder.path() / "src";
  Watcher watcher;
  watcher.watch({.trees = {root}, .folders = {}, .files = {}});
  CHECK(watcher.changed() == Change::none);
  folder.write("src/a.py", "2");
  CHECK(watcher.changed() == Change::complete);
  fs::rename(root / "a.py", folder.path() / "a.py");  // as editors do before they write anew
  CHECK(watcher.changed() == Change::begun);
  fs::rename(folder.path() / "a.py", root / "a.py");
  CHECK(watcher.changed() == Change::complete);
  fs::create_directory(root / "package");
  CHECK(watcher.changed() == Change::begun);
}

TEST_CASE("adding, changing, renaming and deleting in a tree is noticed, at any depth") {
  const TemporaryFolder folder;
  folder.write("src/deep/a.py", "1");
  const fs::path root = folder.path() / "src";
  Watcher watcher;
  watcher.watch({.trees = {root}, .folders = {}, .files = {}});
  CHECK_FALSE(noticed(watcher));
  folder.write("src/deep/a.py", "2");
  CHECK(noticed(watcher));
  folder.write("src/b.py", "1");
  CHECK(noticed(watcher));
  fs::rename(root / "b.py", root / "c.py");
  CHECK(noticed(watcher));
  fs::remove(root / "c.py");
  CHECK(noticed(watcher));
  CHECK_FALSE(noticed(watcher));

  SUBCASE("also in folders made later") {
    fs::create_directories(root / "new" / "newer");
    CHECK(noticed(watcher));
    folder.write("src/new/newer/d.py", "1");
    CHECK(noticed(watcher));
  }
  SUBCASE("also in renamed folders, once they are watched again") {
    fs::rename(root / "deep", root / "deeper");
    CHECK(noticed(watcher));
    watcher.watch({.trees = {root}, .folders = {}, .files = {}});
    folder.write("src/deeper/a.py", "3");
    CHECK(noticed(watcher));
  }
  SUBCASE("also when the whole tree is exchanged") {
    fs::rename(root, folder.path() / "old");
    CHECK(noticed(watcher));
    folder.write("src/a.py", "1");
    CHECK(noticed(watcher));
    watcher.watch({.trees = {root}, .folders = {}, .files = {}});
    folder.write("old/deep/a.py", "4");
    CHECK_FALSE(noticed(watcher));
    folder.write("src/a.py", "2");
    CHECK(noticed(watcher));
  }
}

TEST_CASE("folders that are no part of a Worker are not looked into") {
  const TemporaryFolder folder;
  for (const char* name : {".git", ".venv", ".venv-workers", "node_modules", ".wrangler",
                           "__pycache__", "python_modules"}) {
    folder.write(std::string(name) + "/file", "1");
  }
  Watcher watcher;
  watcher.watch({.trees = {folder.path()}, .folders = {}, .files = {}});
  for (const char* name : {".git", ".venv", ".venv-workers", "node_modules", ".wrangler",
                           "__pycache__", "python_modules"}) {
    folder.write(std::string(name) + "/file", "2");
  }
  CHECK_FALSE(noticed(watcher));
  fs::remove_all(folder.path() / "__pycache__");
  fs::create_directory(folder.path() / "__pycache__");
  CHECK_FALSE(noticed(watcher));
}

TEST_CASE("a single file is watched through every way of saving it, its neighbours are not") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "wrangler.toml";
  Watcher watcher;
  watcher.watch({.trees = {}, .folders = {}, .files = {file}});
  folder.write("other.txt", "1");
  CHECK_FALSE(noticed(watcher));
  folder.write("wrangler.toml", "appears");
  CHECK(noticed(watcher));
  folder.write("wrangler.toml.swp", "beside");
  fs::rename(folder.path() / "wrangler.toml.swp", file);
  CHECK(noticed(watcher));
  fs::remove(file);
  CHECK(noticed(watcher));
  fs::create_symlink("other.txt", file);
  CHECK(noticed(watcher));
}

TEST_CASE("a file that is still being written is not news; its end is") {
  const TemporaryFolder folder;
  Watcher watcher;
  watcher.watch({.trees = {folder.path()}, .folders = {}, .files = {}});
  std::ofstream half(folder.path() / "a.py");
  half << "x = ";
  half.flush();
  CHECK_FALSE(noticed(watcher));
  half << "1\n";
  half.close();
  CHECK(noticed(watcher));
}

TEST_CASE("a folder's own entries are watched, not what is below them") {
  const TemporaryFolder folder;
  folder.write("python_modules/package/__init__.py", "1");
  const fs::path modules = folder.path() / "python_modules";
  Watcher watcher;
  watcher.watch({.trees = {}, .folders = {modules}, .files = {}});
  folder.write("python_modules/package/__init__.py", "2");
  CHECK_FALSE(noticed(watcher));
  folder.write("python_modules/.state", "1");
  CHECK(noticed(watcher));
  folder.write("fresh/.state", "2");
  fs::remove_all(modules);
  fs::rename(folder.path() / "fresh", modules);
  CHECK(noticed(watcher));
}

}  // namespace
}  // namespace cwrangler::cli
