// Base64 as the web has it: https://infra.spec.whatwg.org/#forgiving-base64

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::web {

/// With padding, without line breaks.
std::string base64_encode(std::span<const uint8_t> bytes);

/// ASCII white space is skipped and padding may be missing; nothing when the text is not valid
/// otherwise.
std::optional<std::vector<uint8_t>> base64_decode_forgiving(std::string_view text);

}  // namespace cwrangler::web
