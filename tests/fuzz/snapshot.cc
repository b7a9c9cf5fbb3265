// The head of a memory snapshot's file. The memory behind it is zeros, and the head's digest is
// made to fit: what else is checked counts.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

#include "runtime/snapshot/snapshot_file.h"
#include "tests/fuzz/fuzz.h"

namespace {

// docs/snapshots.md has the layout.
constexpr size_t kDigestAt = 8;
constexpr size_t kDigestFrom = 16;
constexpr size_t kMemoryAt = 24;
constexpr size_t kMemorySizeAt = 32;
constexpr size_t kExtentCountAt = 40;
constexpr size_t kLengthsAt = 48;
constexpr size_t kHeadSize = 56;
constexpr size_t kExtentSize = 16;
constexpr std::uint64_t kMostMemory = 1 << 20;

template <class Number>
Number number_at(const std::string& file, size_t at) {
  Number number;
  std::memcpy(&number, file.data() + at, sizeof(number));
  return number;
}

void add_memory(std::string& file) {
  const std::uint64_t begin = number_at<std::uint64_t>(file, kMemoryAt);
  const std::uint64_t size = number_at<std::uint64_t>(file, kMemorySizeAt);
  if (begin >= file.size() && begin <= kMostMemory && size <= kMostMemory) {
    file.resize(begin + size);
  }
}

void make_digest_fit(std::string& file) {
  const std::uint64_t length = number_at<std::uint64_t>(file, kExtentCountAt) * kExtentSize +
                               number_at<std::uint32_t>(file, kLengthsAt) +
                               number_at<std::uint32_t>(file, kLengthsAt + 4);
  const size_t end = std::min<std::uint64_t>(file.size() - kHeadSize, length) + kHeadSize;
  const std::uint64_t digest = XXH3_64bits(file.data() + kDigestFrom, end - kDigestFrom);
  std::memcpy(file.data() + kDigestAt, &digest, sizeof(digest));
}

void map(const cwrangler::snapshot::SnapshotFile& file) {
  void* const memory = ::mmap(nullptr, file.memory_size(), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  cwrangler::fuzz::demand(memory != MAP_FAILED);
  const std::span bytes(static_cast<std::byte*>(memory), file.memory_size());
  file.map_over(bytes);
  cwrangler::fuzz::demand(bytes.back() == std::byte{0});
  ::munmap(memory, file.memory_size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  std::string content(cwrangler::fuzz::text_of(data, size));
  if (content.size() >= kHeadSize) {
    add_memory(content);
    make_digest_fit(content);
  }
  const cwrangler::fuzz::MemoryFile file(content);
  if (const auto opened = cwrangler::snapshot::SnapshotFile::open(file.path(), "build")) {
    cwrangler::fuzz::demand(opened->memory_size() <= content.size());
    map(*opened);
  }
  return 0;
}
