// JSON with comments and trailing commas (JSONC) to a positioned tree, through RapidJSON's reader.

#pragma once

#include "cli/config/document.h"

namespace cwrangler::cli {

/// Parses `document.source`. A key that appears twice counts as its last value, as in JavaScript.
/// Throws Error pointing at the place when the text is not JSONC, is not UTF-8, is nested too
/// deeply or is not an object.
Node read_json(const Document& document);

}  // namespace cwrangler::cli
