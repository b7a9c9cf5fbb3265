// Base64, as assets are uploaded (RFC 4648).

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

/// With padding.
std::string base64(std::string_view bytes);

/// Of the alphabet for URLs, without padding, as in a JWT; what is no digit ends it.
std::string from_base64url(std::string_view text);

}  // namespace cwrangler::cli
