// What a compatibility date and a list of flags mean: which flags are on, and which Python.
//
// The rules are workerd's; the messages are worded as there, because people search for them.

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler {

struct Compatibility {
  std::string date;
  /// Every flag by the name that enables it, those that are off included.
  std::map<std::string, bool, std::less<>> flags;
  /// Things that are redundant but harmless, one sentence each.
  std::vector<std::string> warnings;

  /// False for a name that is no flag.
  bool enabled(std::string_view flag) const;

  /// "3.12", "3.13" or "3.14": what production would run. Only meaningful with `python_workers` on.
  std::string python_version() const;
};

enum class ExperimentalFlags { refused, allowed };

/// `date`: YYYY-MM-DD; `flags`: as listed in the configuration. Throws Error for a date that is
/// none, and for flags that are unknown, repeated, contradictory, or experimental where that is
/// refused.
Compatibility resolve_compatibility(std::string_view date, std::span<const std::string> flags,
                                    ExperimentalFlags experimental);

}  // namespace cwrangler
