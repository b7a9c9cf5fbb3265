// The page of the documentation that lists every key, made of the one table in schema.h.

#pragma once

#include <string>

namespace cwrangler::cli {

/// docs/configuration-keys.md, in Markdown.
std::string config_key_reference();

}  // namespace cwrangler::cli
