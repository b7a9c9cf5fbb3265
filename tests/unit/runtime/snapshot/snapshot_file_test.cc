#include "runtime/snapshot/snapshot_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace cwrangler::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr size_t kWasmPage = 65536;

class Folder {
 public:
  Folder() {
    std::string pattern = fs::temp_directory_path() / "snapshot-test.XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const char* name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Memory as an instance has it: page-aligned, to be mapped over.
class Memory {
 public:
  explicit Memory(size_t size)
      : bytes_(static_cast<std::byte*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
               size) {}
  ~Memory() { ::munmap(bytes_.data(), bytes_.size()); }
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

/// Four pages of which the second and the last have content.
std::vector<std::byte> sample() {
  std::vector<std::byte> memory(4 * kWasmPage);
  memory[kWasmPage + 5] = std::byte{7};
  memory.back() = std::byte{9};
  return memory;
}

TEST_CASE("what was written is mapped, and instances do not see each other's changes") {
  const Folder folder;
  const std::vector<std::byte> memory = sample();
  write_snapshot(folder / "one", "build", R"({"a":1})", memory, kNoLimit);
  const auto file = SnapshotFile::open(folder / "one", "build");
  REQUIRE(file);
  CHECK(file->description() == R"({"a":1})");
  CHECK(file->memory_size() == memory.size());
  const Memory first(5 * kWasmPage);
  const Memory second(4 * kWasmPage);
  first.bytes()[5] = std::byte{1};
  first.bytes().back() = std::byte{2};
  file->map_over(first.bytes());
  file->map_over(second.bytes());
  CHECK(std::equal(memory.begin(), memory.end(), first.bytes().begin()));
  CHECK(first.bytes().back() == std::byte{2});  // beyond the snapshot nothing changes
  first.bytes()[0] = std::byte{42};
  CHECK(second.bytes()[0] == std::byte{0});
  CHECK(SnapshotFile::open(folder / "one", "build"));  // nor does the file
}

TEST_CASE("a memory that is too small is refused") {
  const Folder folder;
  write_snapshot(folder / "one", "build", "{}", sample(), kNoLimit);
  const Memory small(kWasmPage);
  CHECK_THROWS_AS(SnapshotFile::open(folder / "one", "build")->map_over(small.bytes()), Error);
}

TEST_CASE("zeros need no disk, and nobody else can read a snapshot") {
  const Folder folder;
  write_snapshot(folder / "one", "build", "{}", std::vector<std::byte>(256 * kWasmPage), kNoLimit);
  struct stat status {};
  REQUIRE(::stat((folder / "one").c_str(), &status) == 0);
  CHECK(status.st_size > static_cast<off_t>(256 * kWasmPage));
  CHECK(status.st_blocks * 512 < static_cast<blkcnt_t>(kWasmPage));
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("another build's, and a missing one, are not there") {
  const Folder folder;
  write_snapshot(folder / "one", "build", "{}", sample(), kNoLimit);
  CHECK_FALSE(SnapshotFile::open(folder / "one", "other"));
  CHECK_FALSE(SnapshotFile::open(folder / "two", "build"));
}

TEST_CASE("a snapshot that others may write is not used") {
  const Folder folder;
  write_snapshot(folder / "one", "build", "{}", sample(), kNoLimit);
  fs::permissions(folder / "one", fs::perms::others_write, fs::perm_options::add);
  CHECK_FALSE(SnapshotFile::open(folder / "one", "build"));
}

TEST_CASE("every flipped bit of what counts is noticed") {
  const Folder folder;
  write_snapshot(folder / "one", "build", R"({"a":1})", sample(), kNoLimit);
  const std::string whole = read_file(folder / "one");
  const size_t page = 4096;
  std::vector<size_t> places;
  // Header, build, description, two extents: all of the file before its padding.
  const size_t head = 56 + 5 + 7 + 2 * 16;
  for (size_t i = 0; i < head; ++i) places.push_back(i);
  const size_t start = page;  // of the memory
  places.push_back(start + kWasmPage + 5);
  places.push_back(start + kWasmPage + 4095);
  places.push_back(whole.size() - 1);
  for (const size_t place : places) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    write_file_atomically(folder / "one", damaged, 0600);
    CHECK_MESSAGE(!SnapshotFile::open(folder / "one", "build"), "byte " << place);
  }
}

TEST_CASE("every cut is noticed") {
  const Folder folder;
  write_snapshot(folder / "one", "build", R"({"a":1})", sample(), kNoLimit);
  const std::string whole = read_file(folder / "one");
  for (size_t length = 0; length < whole.size(); length += 1013) {
    write_file_atomically(folder / "one", whole.substr(0, length), 0600);
    CHECK_FALSE(SnapshotFile::open(folder / "one", "build"));
  }
  write_file_atomically(folder / "one", whole + "more", 0600);
  CHECK_FALSE(SnapshotFile::open(folder / "one", "build"));
}

TEST_CASE("what was not used for longest goes when the folder is full") {
  const Folder folder;
  for (const char* name : {"old", "older", "new"}) {
    write_snapshot(folder / name, "build", "{}", sample(), kNoLimit);
  }
  const timespec long_ago[2] = {{100, 0}, {100, 0}};
  ::utimensat(AT_FDCWD, (folder / "older").c_str(), long_ago, 0);
  const timespec ago[2] = {{200, 0}, {200, 0}};
  ::utimensat(AT_FDCWD, (folder / "old").c_str(), ago, 0);
  SnapshotFile::open(folder / "older", "build");  // used now
  struct stat status {};
  REQUIRE(::stat((folder / "new").c_str(), &status) == 0);
  const auto one = static_cast<std::uint64_t>(status.st_blocks) * 512;
  write_snapshot(folder / "newest", "build", "{}", sample(), 2 * one);
  CHECK_FALSE(fs::exists(folder / "old"));
  CHECK(fs::exists(folder / "older"));
  CHECK(fs::exists(folder / "newest"));
}

TEST_CASE("a snapshot that cannot be written leaves nothing") {
  const Folder folder;
  write_file_atomically(folder / "file", "x");
  CHECK_THROWS(write_snapshot(folder / "file" / "one", "build", "{}", sample(), kNoLimit));
  fs::create_directory(folder / "taken");
  CHECK_THROWS_AS(write_snapshot(folder / "taken", "build", "{}", sample(), kNoLimit), Error);
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 2);
}

}  // namespace
}  // namespace cwrangler::snapshot
