// The indexes that a project names in uv's settings: whether there are any, and uv's settings
// without one that cannot be reached.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cwrangler::cli {

/// Whether the project, or this process's environment, names indexes of its own or says how they
/// are combined.
bool names_own_indexes(const std::filesystem::path& project);

/// The same, or where else packages come from: a default index, folders of files, in `inputs` (the
/// project's requirements.txt and what it includes) too.
bool names_any_index(const std::filesystem::path& project,
                     const std::vector<std::filesystem::path>& inputs);

/// uv's settings of the project, as a uv.toml, without the additional index that `address` (of a
/// file or a page of it) belongs to; `index` is set to that index. Nothing when the address belongs
/// to no additional index of the project, when a source or a requirement is tied to that index, or
/// when settings of the user's own would be lost with it.
std::optional<std::string> settings_without_index(const std::filesystem::path& project,
                                                  const std::string& address, std::string& index);

}  // namespace cwrangler::cli
