#include "base/cache_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace cwrangler {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMebibyte = 1 << 20;
/// Some dozens of Workers.
constexpr std::uint64_t kDefaultLimit = 2048 * kMebibyte;
/// What nobody has: more would not fit into the sums below.
constexpr std::uint64_t kHighestLimit = std::uint64_t{1} << 50;

/// stat(2) counts disk in these, whatever the file system's blocks are.
constexpr std::uint64_t kStatBlock = 512;

std::optional<struct stat> state_of(const fs::path& path) {
  struct stat state {};
  if (::lstat(path.c_str(), &state) != 0) return std::nullopt;
  return state;
}

std::uint64_t disk_bytes(const struct stat& state) {
  return static_cast<std::uint64_t>(state.st_blocks) * kStatBlock;
}

std::chrono::system_clock::time_point time_of_change(const struct stat& state) {
  const auto time =
      std::chrono::seconds(state.st_mtim.tv_sec) + std::chrono::nanoseconds(state.st_mtim.tv_nsec);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(time));
}

/// Adds what is below a folder.
void add_content(CacheEntry& entry) {
  std::error_code failed;
  fs::recursive_directory_iterator file(entry.path, fs::directory_options::skip_permission_denied,
                                        failed);
  while (!failed && file != fs::recursive_directory_iterator()) {
    if (const auto state = state_of(file->path())) {
      entry.bytes += disk_bytes(*state);
      entry.last_used = std::max(entry.last_used, time_of_change(*state));
    }
    file.increment(failed);
  }
}

std::uint64_t limit() {
  const char* const text = std::getenv("CWRANGLER_CACHE_LIMIT");
  if (text == nullptr) return kDefaultLimit;
  const std::string_view digits(text);
  std::uint64_t mebibytes = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), mebibytes);
  if (error != std::errc() || end != digits.data() + digits.size()) return kDefaultLimit;
  return std::min(mebibytes, kHighestLimit / kMebibyte) * kMebibyte;
}

}  // namespace

std::vector<CacheEntry> cache_entries(const fs::path& folder) {
  std::vector<CacheEntry> entries;
  std::error_code failed;
  for (fs::directory_iterator file(folder, failed); !failed && file != fs::directory_iterator();
       file.increment(failed)) {
    const auto state = state_of(file->path());
    if (!state) continue;
    entries.push_back({file->path(), disk_bytes(*state), time_of_change(*state)});
    if (S_ISDIR(state->st_mode)) add_content(entries.back());
  }
  std::ranges::sort(entries, {}, &CacheEntry::last_used);
  return entries;
}

void mark_used(const fs::path& entry) {
  ::utimensat(AT_FDCWD, entry.c_str(), nullptr, 0);
}

bool remove_entry(const CacheEntry& entry) {
  std::error_code failed;
  fs::remove_all(entry.path, failed);
  return !failed;
}

void make_room(const fs::path& folder, std::uint64_t room) {
  std::vector<CacheEntry> entries = cache_entries(folder);
  std::erase_if(entries, [](const CacheEntry& entry) {
    std::error_code failed;
    return !fs::is_regular_file(fs::symlink_status(entry.path, failed));
  });
  std::uint64_t total = 0;
  for (const CacheEntry& entry : entries) total += entry.bytes;
  for (const CacheEntry& entry : entries) {
    if (total <= room) return;
    if (remove_entry(entry)) total -= entry.bytes;
  }
}

std::uint64_t snapshot_cache_limit() {
  return limit() / 4 * 3;
}

std::uint64_t code_cache_limit() {
  return limit() / 4;
}

}  // namespace cwrangler
