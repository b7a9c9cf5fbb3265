// Folders of the user's cache (files.h has cache_directory): what is in one, and how it stays
// small.
//
// An entry is a file, or a folder that is made and removed as one. When it was last used is its
// time of modification: who uses an entry sets that to now.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace cwrangler {

struct CacheEntry {
  std::filesystem::path path;
  std::uint64_t bytes = 0;  ///< of disk, all that is in it included
  std::chrono::system_clock::time_point last_used;
};

/// What is in the folder, the least recently used first; empty when it is not there. What vanishes
/// meanwhile is left out.
std::vector<CacheEntry> cache_entries(const std::filesystem::path& folder);

/// Sets when the entry was last used to now, if it is there.
void mark_used(const std::filesystem::path& entry);

/// Removes an entry. A file may be open or mapped elsewhere: it stays what it is for those. Returns
/// whether it is gone.
bool remove_entry(const CacheEntry& entry);

/// Removes the files of the folder that were not used for longest, until the rest needs at most
/// `limit` bytes of disk.
void make_room(const std::filesystem::path& folder, std::uint64_t limit);

/// Bytes of disk that memory snapshots may need, and compiled code: three quarters and one quarter
/// of CWRANGLER_CACHE_LIMIT (MiB), which is 2048 when it is not set or no number.
std::uint64_t snapshot_cache_limit();
std::uint64_t code_cache_limit();

}  // namespace cwrangler
