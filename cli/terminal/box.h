// A few words in a frame, as wrangler shows the keys of a dev session.

#pragma once

#include <string>
#include <vector>

namespace cwrangler::cli {

/// The items between rounded corners: on one line when `columns` are enough, else one a line.
/// Without a final newline.
std::string boxed(const std::vector<std::string>& items, int columns);

}  // namespace cwrangler::cli
