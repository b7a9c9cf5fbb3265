// Values as files of a folder, named as wrangler names them: by 32 random bytes and the time, in
// hex.

#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace cwrangler::storage {

/// 32 random bytes and the time in milliseconds, in hex. Throws Error.
std::string new_blob_id();

/// Whether it can be the name of a value: ids of a foreign database must not lead out of the
/// folder.
bool is_blob_id(std::string_view id);

void append_hex(std::string& text, std::span<const uint8_t> bytes);

/// `count` random bytes in hex; at most 256. Throws Error.
std::string random_hex(size_t count);

/// Writes all of it to an open file. Throws Error that names `path`.
void write_all(int file, std::span<const uint8_t> bytes, const std::filesystem::path& path);

/// The names in the folder are on disk when it returns. Throws Error.
void flush_folder(const std::filesystem::path& path);

}  // namespace cwrangler::storage
