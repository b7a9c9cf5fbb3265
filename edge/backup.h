// Everything of an endpoint in one file, and back.

#pragma once

#include <filesystem>

namespace cwrangler::edge {

/// Writes records, modules, files, the key of secrets and the data of all bindings, each database
/// in one state of its own. The archive holds the key: it is readable by its owner alone. An
/// endpoint may go on serving meanwhile.
void write_backup(const std::filesystem::path& folder, const std::filesystem::path& archive);

/// Into a folder that is empty or not there. Throws Error, and leaves nothing, for a file that is
/// no backup.
void read_backup(const std::filesystem::path& archive, const std::filesystem::path& folder);

}  // namespace cwrangler::edge
