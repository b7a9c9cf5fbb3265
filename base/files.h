// Whole-file reads, atomic writes, and where the program's own assets are.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace cwrangler {

/// The bytes of a file. Throws Error naming the file and the reason.
std::string read_file(const std::filesystem::path& path);

/// Replaces a file's content so that a reader, or a crash at any moment, sees the old or the new
/// content whole: written beside it, flushed to disk, then renamed over it.
/// `mode`: permission bits of a new file, 0600 for anything secret.
/// `flush`: no, where the reader sees for itself whether the content is whole: after a crash of the
/// machine it may be cut.
enum class Flush { no, yes };
void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           unsigned mode = 0644, Flush flush = Flush::yes);

/// The folder of this program's built-in assets (`share/cwrangler`), found from the running
/// executable, so an install tree can be moved. `CWRANGLER_SHARE` overrides it.
/// Throws Error when it is not there.
std::filesystem::path share_directory();

/// The user's own folder for what can be made again (`$XDG_CACHE_HOME/cwrangler`, else
/// `~/.cache/cwrangler`); `CWRANGLER_CACHE_DIR` overrides it. It may not exist yet. Empty when the
/// environment names no home.
std::filesystem::path cache_directory();

/// A program of this install tree that is not on PATH by itself: looked for beside the running
/// executable, then in `lib/cwrangler`. Empty when it is in neither.
std::filesystem::path sibling_program(std::string_view name);

}  // namespace cwrangler
