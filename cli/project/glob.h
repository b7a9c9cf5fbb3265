// The globs of `rules` and `python_modules.exclude`, as wrangler reads them (glob-to-regexp with
// `globstar` and without `extended`): `*` is any text inside one path segment, a segment `**` is
// any number of segments, and every other character, `?`, `[` and `{` too, stands for itself.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

class Glob {
 public:
  explicit Glob(std::string_view pattern);

  /// Whether all of `path` ('/'-separated, relative) matches. Takes time proportional to the
  /// product of the lengths at most, whatever the pattern.
  bool matches(std::string_view path) const;

 private:
  std::vector<std::string> segments_;
};

}  // namespace cwrangler::cli
