// BLAKE3, the digest that static assets are named by in an upload. The crate `blake3` computes it.

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

/// 64 lowercase hexadecimal digits.
std::string blake3_hex(std::string_view data);

}  // namespace cwrangler::cli
