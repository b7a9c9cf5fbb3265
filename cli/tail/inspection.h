// Values as JavaScript's console shows them.

#pragma once

#include <string>

#include "cli/api/envelope.h"

namespace cwrangler::cli {

/// As an argument of console.log: a text is itself, anything else as in "{ a: 1, b: [ 'x' ] }".
/// Without control characters other than newline and tab.
std::string shown_value(const ApiJson& value);

}  // namespace cwrangler::cli
