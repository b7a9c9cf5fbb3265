#include "cli/cache/kept_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace cwrangler::cli {
namespace {

using std::chrono::hours;

constexpr hours kInUse{1};
constexpr hours kForgotten{30 * 24};

struct PartKind {
  std::string_view name;
  std::string_view holds;
  bool is_of_build;  ///< another build of the programs has no use for it
  std::uint64_t (*limit)();
};

constexpr std::array<PartKind, 5> kParts{{
    {"snapshots", "memory snapshots of Workers", true, &snapshot_cache_limit},
    {"code", "compiled code of WebAssembly, JavaScript and Python", true, &code_cache_limit},
    {"source-builds", "packages that were built from source, and uv's files of them", false,
     nullptr},
    {"interpreter", "what uv asks of an interpreter", true, nullptr},
    {"unreachable", "package indexes that did not answer", false, nullptr},
}};

/// The name of a file that is written under another one first (base/files.h): "NAME.XXXXXX". When
/// its writer is gone, nobody gives it its own.
bool is_unfinished(const std::filesystem::path& path) {
  constexpr size_t kRandomLetters = 6;
  const std::string name = path.filename().string();
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.size() - dot - 1 != kRandomLetters) return false;
  // The extensions of ours that are as long have no dot in front of another one.
  return name.find('.') != dot &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0; });
}

bool is_unwanted(const CacheEntry& entry, const PartKind& kind, const CleanRequest& request) {
  if (is_unfinished(entry.path)) return true;
  if (kind.is_of_build && entry.last_used < request.installed) return true;
  return request.now - entry.last_used > kForgotten;
}

}  // namespace

std::uint64_t CachePart::bytes() const {
  std::uint64_t sum = 0;
  for (const CacheEntry& entry : entries) sum += entry.bytes;
  return sum;
}

std::vector<CachePart> read_cache(const std::filesystem::path& cache) {
  std::vector<CachePart> parts;
  for (const PartKind& kind : kParts) {
    CachePart part{kind.name, kind.holds, {}, cache_entries(cache / kind.name)};
    if (kind.limit != nullptr) part.limit = kind.limit();
    parts.push_back(std::move(part));
  }
  return parts;
}

Removed clean_cache(std::vector<CachePart>& parts, const CleanRequest& request) {
  Removed removed;
  for (CachePart& part : parts) {
    const auto* const kind = std::ranges::find(kParts, part.name, &PartKind::name);
    std::uint64_t rest = part.bytes();
    std::erase_if(part.entries, [&](const CacheEntry& entry) {
      if (request.now - entry.last_used < kInUse) return false;
      const bool too_much = part.limit && rest > *part.limit;
      if (!too_much && !is_unwanted(entry, *kind, request)) return false;
      if (!remove_entry(entry)) return false;
      rest -= entry.bytes;
      removed.entries += 1;
      removed.bytes += entry.bytes;
      return true;
    });
  }
  return removed;
}

}  // namespace cwrangler::cli
