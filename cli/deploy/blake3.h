// BLAKE3, the digest that static assets are named by in an upload. After the specification,
// github.com/BLAKE3-team/BLAKE3-specs; plain hashing only.

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

/// 64 lowercase hexadecimal digits.
std::string blake3_hex(std::string_view data);

}  // namespace cwrangler::cli
