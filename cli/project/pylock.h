// pylock.toml (packaging.python.org, "pylock.toml Specification") as uv writes it: what is
// installed, exactly.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cwrangler::cli {

/// One `[[packages]]` entry.
struct LockedPackage {
  std::string name;
  std::string version;       ///< empty for a source that has none, such as a folder
  bool has_wheel = false;    ///< a wheel that fits: uv leaves out those that do not
  bool is_local = false;     ///< a folder, a repository or a file named by the project
  std::string sdist_sha256;  ///< of the source archive; empty when there is none or it is unknown
};

/// The entries of a lock. Throws Error when it is not one.
std::vector<LockedPackage> read_pylock(const std::filesystem::path& file);

/// The text of the lock `file` without the named packages.
std::string pylock_without(const std::filesystem::path& file,
                           const std::vector<std::string>& packages);

}  // namespace cwrangler::cli
