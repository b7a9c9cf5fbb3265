// What a login may be asked for: the scopes that wrangler is registered with.

#pragma once

#include <span>
#include <string_view>

namespace cwrangler::cli {

struct Scope {
  std::string_view name;
  std::string_view meaning;  ///< a clause without a full stop
};

/// All of them, in wrangler's order; all are asked for unless the user picks some. `offline_access`
/// comes on top (authorization.h).
std::span<const Scope> login_scopes();

}  // namespace cwrangler::cli
