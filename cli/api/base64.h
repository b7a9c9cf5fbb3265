// Base64 (RFC 4648), as assets are uploaded, and in the alphabet for URLs.

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

/// With padding.
std::string base64(std::string_view bytes);

/// In the alphabet for URLs, without padding.
std::string base64url(std::string_view bytes);

/// Of the alphabet for URLs, without padding, as in a JWT; what is no digit ends it.
std::string from_base64url(std::string_view text);

}  // namespace cwrangler::cli
