// What a Worker may be called.

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

/// Whether `name` matches wrangler's `^[a-z0-9_][a-z0-9-_]*$`.
bool is_worker_name(std::string_view name);

/// The nearest name that is allowed: lowercase, with dashes for what is not. Empty when nothing of
/// `text` can stay.
std::string to_worker_name(std::string_view text);

/// The rule in words, for error messages.
inline constexpr std::string_view kWorkerNameRule =
    "A Worker's name is made of lowercase letters, digits, dashes and underscores, and does not "
    "start with a dash.";

}  // namespace cwrangler::cli
