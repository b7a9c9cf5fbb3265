// TOML 1.0 to a positioned tree, through toml++.

#pragma once

#include "cli/config/document.h"

namespace cwrangler::cli {

/// Parses `document.source`. Throws Error pointing at the place when the text is not TOML, is not
/// UTF-8 or is nested too deeply.
Node read_toml(const Document& document);

}  // namespace cwrangler::cli
