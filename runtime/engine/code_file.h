// Files of compiled code. What is in one is run as it is: it must be what was written, and nobody
// but this user may have been able to write it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cwrangler::engine {

/// Where code for `key` lies in `folder`: files of another version of V8 are left alone.
/// `extension`: what kind of code it is, with a dot.
std::filesystem::path code_file(const std::filesystem::path& folder, const std::string& key,
                                std::string_view extension);

/// The code in the file; nothing when there is none that can be trusted. Any thread.
std::optional<std::string> read_code(const std::filesystem::path& path);

/// Writes it in one step, with its folder; logs a failure: code that is not kept costs time,
/// nothing else. Any thread.
void write_code(const std::filesystem::path& path, std::span<const uint8_t> code);

}  // namespace cwrangler::engine
