// "Did you mean": the known word nearest to a mistyped one.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

/// The candidate that `word` is most likely a typing error of, or empty when none is near: a
/// distance of at most a third of the word's length, at least one (Damerau-Levenshtein, so that two
/// swapped letters count once).
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace cwrangler::cli
