// Every compatibility flag there is, as data.

#pragma once

#include <span>
#include <string_view>

namespace cwrangler {

/// Dates are YYYY-MM-DD and compare as text.
struct CompatibilityFlag {
  std::string_view enable;        ///< the name that turns it on, and that the runtime knows it by
  std::string_view disable = {};  ///< the name that turns it off; empty: none
  std::string_view since = {};    ///< on by default from this date; empty: never by date alone
  std::string_view implied_by =
      {};  ///< names of flags, comma separated, any of which turns it on …
  std::string_view implied_since = {};  ///< … from this date
  bool experimental = false;
};

/// In the order of their introduction, which is the order in which implications are drawn.
std::span<const CompatibilityFlag> compatibility_flags();

}  // namespace cwrangler
