// Local state as one file, and back.
//
// The archive holds "cwrangler-state.json" first ({"format": 1, "created": ISO 8601}) and then the
// files of the folder v3 under "v3/".

#pragma once

#include <filesystem>
#include <string>

namespace cwrangler::cli {

struct StateTransfer {
  size_t files = 0;
  int64_t bytes = 0;  ///< before they are compressed
};

/// Writes an archive; its name ends in .tar.gz or .tar.zst. Each database is in it as it was at one
/// moment, with its values, whoever uses it meanwhile. `created`: ISO 8601. Throws Error; then
/// there is no archive.
StateTransfer export_state(const std::filesystem::path& state, const std::filesystem::path& archive,
                           const std::string& created);

/// Reads all of an archive beside the state, checks it, and puts it in the state's place at once:
/// whatever fails, at any moment, the state is the old one or the new one. Throws Error for what is
/// no such archive, for names that lead elsewhere, for damaged databases, and for a state that
/// somebody uses.
StateTransfer import_state(const std::filesystem::path& archive,
                           const std::filesystem::path& state);

/// Whether there is anything in it.
bool has_state(const std::filesystem::path& state);

}  // namespace cwrangler::cli
