#include "runtime/snapshot/snapshot_file.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/private_file.h"

namespace cwrangler::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> kMagic{'C', 'W', 'S', 'N', 'A', 'P', '0', '1'};
constexpr size_t kPage = 4096;
constexpr size_t kWasmPage = 65536;
/// No description comes near it; a damaged header must not make us allocate what it says.
constexpr std::uint64_t kLongestDescription = 16 << 20;

/// A run of pages that are not all zeros, in bytes from the start of the memory.
struct Extent {
  std::uint64_t offset;
  std::uint64_t length;
};

struct Header {
  std::array<char, 8> magic;
  std::uint64_t digest;         ///< XXH3 of the rest of the header, build, description and extents
  std::uint64_t memory_digest;  ///< XXH3 of the extents' bytes, one after the other
  std::uint64_t memory_offset;
  std::uint64_t memory_size;
  std::uint64_t extent_count;
  std::uint32_t build_length;
  std::uint32_t description_length;
};

/// The header's own digest: over all that follows the field itself.
std::uint64_t head_digest(const Header& header, std::string_view rest) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  constexpr size_t kFrom = offsetof(Header, memory_digest);
  XXH3_64bits_update(&state, reinterpret_cast<const char*>(&header) + kFrom,
                     sizeof(Header) - kFrom);
  XXH3_64bits_update(&state, rest.data(), rest.size());
  return XXH3_64bits_digest(&state);
}

std::uint64_t memory_digest(const std::byte* memory, std::span<const Extent> extents) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const Extent& extent : extents) {
    XXH3_64bits_update(&state, memory + extent.offset, extent.length);
  }
  return XXH3_64bits_digest(&state);
}

bool is_zero(const std::byte* page) {
  return page[0] == std::byte{0} && std::memcmp(page, page + 1, kPage - 1) == 0;
}

std::vector<Extent> extents_of(std::span<const std::byte> memory) {
  std::vector<Extent> extents;
  for (size_t offset = 0; offset < memory.size(); offset += kPage) {
    if (is_zero(memory.data() + offset)) continue;
    if (!extents.empty() && extents.back().offset + extents.back().length == offset) {
      extents.back().length += kPage;
    } else {
      extents.push_back({offset, kPage});
    }
  }
  return extents;
}

bool read_exactly(int descriptor, void* into, size_t length, std::uint64_t offset) {
  auto* at = static_cast<char*>(into);
  while (length > 0) {
    const ssize_t count = ::pread(descriptor, at, length, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    offset += static_cast<std::uint64_t>(count);
    length -= static_cast<size_t>(count);
  }
  return true;
}

void write_exactly(int descriptor, const void* from, size_t length, std::uint64_t offset) {
  const auto* at = static_cast<const char*>(from);
  while (length > 0) {
    const ssize_t count = ::pwrite(descriptor, at, length, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw system_error("writing a snapshot");
    at += count;
    offset += static_cast<std::uint64_t>(count);
    length -= static_cast<size_t>(count);
  }
}

/// The memory of the file, mapped for as long as its digest is computed.
bool memory_is_whole(int descriptor, const Header& header, std::span<const Extent> extents) {
  void* const data = ::mmap(nullptr, header.memory_size, PROT_READ, MAP_PRIVATE, descriptor,
                            static_cast<off_t>(header.memory_offset));
  if (data == MAP_FAILED) return false;
  const bool whole =
      memory_digest(static_cast<const std::byte*>(data), extents) == header.memory_digest;
  ::munmap(data, header.memory_size);
  return whole;
}

}  // namespace

std::optional<SnapshotFile> SnapshotFile::open(const fs::path& path, std::string_view build) {
  SnapshotFile file;
  file.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.descriptor_ < 0) return std::nullopt;
  const auto refuse = [&](const char* reason) {
    spdlog::debug("the snapshot {} is not used: {}", path.string(), reason);
    return std::nullopt;
  };
  struct stat status {};
  if (::fstat(file.descriptor_, &status) != 0 || !is_private(status)) {
    return refuse("others may write it");
  }
  Header header;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!read_exactly(file.descriptor_, &header, sizeof(header), 0) || header.magic != kMagic) {
    return refuse("it is none of this version");
  }
  const bool plausible =
      header.build_length <= kPage && header.description_length <= kLongestDescription &&
      header.extent_count <= size / kPage && header.memory_offset % kPage == 0 &&
      header.memory_size % kWasmPage == 0 && header.memory_size > 0 &&
      header.memory_offset <= size && header.memory_size == size - header.memory_offset;
  if (!plausible) return refuse("it is damaged");
  const size_t extents_length = header.extent_count * sizeof(Extent);
  std::string head(header.build_length + header.description_length + extents_length, '\0');
  if (sizeof(header) + head.size() > header.memory_offset ||
      !read_exactly(file.descriptor_, head.data(), head.size(), sizeof(header)) ||
      head_digest(header, head) != header.digest) {
    return refuse("it is damaged");
  }
  if (std::string_view(head).substr(0, header.build_length) != build) {
    return refuse("another build has made it");
  }
  std::vector<Extent> extents(header.extent_count);
  if (!extents.empty()) {
    std::memcpy(extents.data(), head.data() + header.build_length + header.description_length,
                extents_length);
  }
  for (const Extent& extent : extents) {
    if (extent.offset > header.memory_size || extent.length > header.memory_size - extent.offset) {
      return refuse("it is damaged");
    }
  }
  if (!memory_is_whole(file.descriptor_, header, extents)) return refuse("it is damaged");
  file.description_ = head.substr(header.build_length, header.description_length);
  file.memory_offset_ = header.memory_offset;
  file.memory_size_ = header.memory_size;
  // When it was last used decides what goes when the folder is full.
  ::futimens(file.descriptor_, nullptr);
  return file;
}

SnapshotFile::SnapshotFile(SnapshotFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      description_(std::move(other.description_)),
      memory_offset_(other.memory_offset_),
      memory_size_(other.memory_size_) {}

SnapshotFile::~SnapshotFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void SnapshotFile::map_over(std::span<std::byte> memory) const {
  if (memory.size() < memory_size_) {
    throw Error("the memory is smaller than the snapshot").while_doing("restoring a snapshot");
  }
  void* const mapped =
      ::mmap(memory.data(), memory_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
             descriptor_, static_cast<off_t>(memory_offset_));
  if (mapped == MAP_FAILED) throw system_error("mapping a snapshot");
}

void write_snapshot(const fs::path& path, std::string_view build, std::string_view description,
                    std::span<const std::byte> memory, std::uint64_t folder_limit) {
  const std::vector<Extent> extents = extents_of(memory);
  std::string head(build);
  head += description;
  head.append(reinterpret_cast<const char*>(extents.data()), extents.size() * sizeof(Extent));
  Header header{};
  header.magic = kMagic;
  header.memory_digest = memory_digest(memory.data(), extents);
  header.memory_offset = (sizeof(header) + head.size() + kPage - 1) / kPage * kPage;
  header.memory_size = memory.size();
  header.extent_count = extents.size();
  header.build_length = static_cast<std::uint32_t>(build.size());
  header.description_length = static_cast<std::uint32_t>(description.size());
  header.digest = head_digest(header, head);

  fs::create_directories(path.parent_path());
  fs::permissions(path.parent_path(), fs::perms::owner_all);
  make_room(path.parent_path(), folder_limit);
  std::string temporary = path.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) throw system_error("writing " + path.string());
  try {
    write_exactly(descriptor, &header, sizeof(header), 0);
    write_exactly(descriptor, head.data(), head.size(), sizeof(header));
    for (const Extent& extent : extents) {
      write_exactly(descriptor, memory.data() + extent.offset, extent.length,
                    header.memory_offset + extent.offset);
    }
    // Zeros at the end are part of the file, too. Not flushed to the disk: the digests tell whether
    // it got there, and what did not can be made again.
    if (::ftruncate(descriptor, static_cast<off_t>(header.memory_offset + memory.size())) != 0 ||
        ::rename(temporary.c_str(), path.c_str()) != 0) {
      throw system_error("writing " + path.string());
    }
  } catch (...) {
    ::close(descriptor);
    ::unlink(temporary.c_str());
    throw;
  }
  ::close(descriptor);
}

std::uint64_t bytes_in_use(std::span<const std::byte> memory) {
  std::uint64_t bytes = 0;
  for (const Extent& extent : extents_of(memory)) bytes += extent.length;
  return bytes;
}

}  // namespace cwrangler::snapshot
