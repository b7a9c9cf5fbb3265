// A memory snapshot on disk: the linear memory of an interpreter, and what JavaScript has to know
// to go on from it. docs/snapshots.md describes the bytes.
//
// The memory is mapped privately into as many instances as like: they share each page until they
// write to it. A file is therefore never changed once it has its name, only replaced by another.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cwrangler::snapshot {

class SnapshotFile {
 public:
  /// The snapshot in the file. Nothing when there is none, when another build of the runtime has
  /// made it (`build` differs), when it is damaged, or when others may write it; all but the first
  /// are logged. Any thread.
  static std::optional<SnapshotFile> open(const std::filesystem::path& path,
                                          std::string_view build);

  SnapshotFile(SnapshotFile&& other) noexcept;
  SnapshotFile& operator=(SnapshotFile&&) = delete;
  ~SnapshotFile();

  /// As it was given to write_snapshot.
  const std::string& description() const { return description_; }
  /// Bytes of linear memory, a multiple of 64 KiB.
  size_t memory_size() const { return memory_size_; }

  /// Puts the snapshot in the place of the first memory_size() bytes of `memory`, which begins at a
  /// page: pages are read when they are touched and copied when they are written. Throws Error when
  /// `memory` is smaller, or the system refuses.
  void map_over(std::span<std::byte> memory) const;

 private:
  SnapshotFile() = default;

  int descriptor_ = -1;
  std::string description_;
  std::uint64_t memory_offset_ = 0;
  size_t memory_size_ = 0;
};

/// Writes a snapshot under its name at once or not at all; others of the folder that were not used
/// for longest are removed until all of them need at most `folder_limit` bytes of disk. Pages of
/// zeros take none. Throws Error when the file cannot be written.
void write_snapshot(const std::filesystem::path& path, std::string_view build,
                    std::string_view description, std::span<const std::byte> memory,
                    std::uint64_t folder_limit);

/// The bytes of the pages that are not all zeros: what write_snapshot() would need of disk.
std::uint64_t bytes_in_use(std::span<const std::byte> memory);

}  // namespace cwrangler::snapshot
