#include "cli/project/glob.h"

namespace cwrangler::cli {
namespace {

constexpr std::string_view kAnySegments = "**";

/// `*` in `pattern` is any text. Greedy; only the last `*` is ever tried again, which suffices.
bool segment_matches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// Where the segment that starts at `at` ends.
size_t segment_end(std::string_view path, size_t at) {
  const size_t end = path.find('/', at);
  return end == std::string_view::npos ? path.size() : end;
}

}  // namespace

Glob::Glob(std::string_view pattern) {
  size_t start = 0;
  while (true) {
    const size_t end = segment_end(pattern, start);
    segments_.emplace_back(pattern.substr(start, end - start));
    if (end == pattern.size()) break;
    start = end + 1;
  }
}

bool Glob::matches(std::string_view path) const {
  // The same algorithm one level up: segments instead of characters. `at` is past the end when all
  // segments of the path are used up.
  const size_t done = path.size() + 1;
  size_t p = 0;
  size_t at = 0;
  size_t star = std::string_view::npos;
  size_t star_at = 0;
  while (at < done) {
    const size_t end = segment_end(path, at);
    if (p < segments_.size() && segments_[p] == kAnySegments) {
      star = p++;
      star_at = at;
    } else if (p < segments_.size() && segment_matches(segments_[p], path.substr(at, end - at))) {
      ++p;
      at = end + 1;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      star_at = segment_end(path, star_at) + 1;
      at = star_at;
    } else {
      return false;
    }
  }
  while (p < segments_.size() && segments_[p] == kAnySegments) ++p;
  return p == segments_.size();
}

}  // namespace cwrangler::cli
