#include "cli/deploy/ignore_rules.h"

#include <algorithm>

namespace cwrangler::cli {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (true) {
    const size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == path.npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// The end of the class of characters that begins at pattern[0] == '[', or npos when it has none.
size_t class_end(std::string_view pattern) {
  size_t at = 1;
  if (at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^')) ++at;
  if (at < pattern.size() && pattern[at] == ']') ++at;
  return pattern.find(']', at);
}

bool class_matches(std::string_view inside, char c) {
  const bool negated = !inside.empty() && (inside[0] == '!' || inside[0] == '^');
  if (negated) inside.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < inside.size(); ++i) {
    if (i + 2 < inside.size() && inside[i + 1] == '-') {
      found = found || (inside[i] <= c && c <= inside[i + 2]);
      i += 2;
    } else {
      found = found || inside[i] == c;
    }
  }
  return found != negated;
}

/// One segment against a pattern of one segment. Each star is taken back at most once for each
/// character, so that no pattern takes longer than the product of the lengths.
bool segment_matches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = pattern.npos;
  size_t after_star = 0;
  while (t < text.size()) {
    size_t step = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
      continue;
    }
    if (p < pattern.size()) {
      const size_t end = pattern[p] == '[' ? class_end(pattern.substr(p)) : pattern.npos;
      if (pattern[p] == '?') {
        step = 1;
      } else if (end != pattern.npos) {
        if (class_matches(pattern.substr(p + 1, end - 1), text[t])) step = end + 1;
      } else if (pattern[p] == '\\' && p + 1 < pattern.size()) {
        if (pattern[p + 1] == text[t]) step = 2;
      } else if (pattern[p] == text[t]) {
        step = 1;
      }
    }
    if (step > 0) {
      p += step;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// Whether the pattern matches the first `count` segments: reachable[j] says whether the pattern's
/// segments so far match the first j.
bool path_matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
                  size_t count) {
  std::vector<bool> reachable(count + 1, false);
  reachable[0] = true;
  for (const std::string& segment : pattern) {
    std::vector<bool> next(count + 1, false);
    if (segment == "**") {
      bool seen = false;
      for (size_t j = 0; j <= count; ++j) {
        seen = seen || reachable[j];
        next[j] = seen;
      }
    } else {
      for (size_t j = 0; j < count; ++j) {
        next[j + 1] = reachable[j] && segment_matches(segment, path[j]);
      }
    }
    reachable = std::move(next);
  }
  return reachable[count];
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    Rule rule;
    if (line.starts_with('!')) {
      rule.negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      rule.folders_only = true;
      line.remove_suffix(1);
    }
    // A slash at the start or in the middle ties the pattern to the folder of assets.
    const bool anchored = line.find('/') != line.npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.empty()) continue;
    rule.segments = split_path(line);
    if (!anchored) rule.segments.insert(rule.segments.begin(), "**");
    rules_.push_back(std::move(rule));
  }
}

bool IgnoreRules::ignores(std::string_view path) const {
  const std::vector<std::string> segments = split_path(path);
  bool ignored = false;
  for (const Rule& rule : rules_) {
    const size_t deepest = segments.size() - (rule.folders_only ? 1 : 0);
    for (size_t count = 1; count <= deepest; ++count) {
      if (path_matches(rule.segments, segments, count)) {
        ignored = !rule.negated;
        break;
      }
    }
  }
  return ignored;
}

}  // namespace cwrangler::cli
