// What the programs keep for the user between runs, all of which can be made again:
// `cwrangler cache`.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/cache_folder.h"

namespace cwrangler::cli {

/// One folder of the cache.
struct CachePart {
  std::string_view name;               ///< of the folder
  std::string_view holds;              ///< in words
  std::optional<std::uint64_t> limit;  ///< bytes; what is more goes by itself
  std::vector<CacheEntry> entries;     ///< the least recently used first

  std::uint64_t bytes() const;
};

/// What is in the cache, in the order to show it in. `cache`: of cache_directory().
std::vector<CachePart> read_cache(const std::filesystem::path& cache);

struct CleanRequest {
  std::chrono::system_clock::time_point now;
  /// Since when the programs of this install tree are what they are.
  std::chrono::system_clock::time_point installed;
};

struct Removed {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// Removes what nobody wants any more: unfinished files, what other builds of the programs have
/// made, what was not used for 30 days; and of the rest what is above a part's limit. Nothing that
/// was used within the last hour, by which running programs keep what they are at work with. The
/// parts are what is left afterwards.
Removed clean_cache(std::vector<CachePart>& parts, const CleanRequest& request);

}  // namespace cwrangler::cli
