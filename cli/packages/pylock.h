// pylock.toml (packaging.python.org, "pylock.toml Specification") as uv writes it: what is
// installed, exactly.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

/// One `[[packages]]` entry.
struct LockedPackage {
  std::string name;
  std::string version = {};  ///< empty for a source that has none, such as a folder
  bool has_wheel = false;    ///< a wheel that fits: uv leaves out those that do not
  bool is_local = false;     ///< a folder, a repository or a file named by the project
  std::string sdist_sha256 =
      {};                  ///< of the source archive; empty when there is none or it is unknown
  std::string index = {};  ///< where it was found; empty: unknown
  std::vector<std::string> sha256 = {};  ///< of every file that may be installed for it

  bool operator==(const LockedPackage&) const = default;
};

/// What a lock of ours says beside its packages, in `[tool.cwrangler]`: how it came about, so that
/// the next resolution goes the same way on every machine.
struct LockNotes {
  std::vector<std::string> left_out;  ///< compiled packages whose dependents do without them
  bool pyodide_index = false;         ///< the Pyodide release's own index was needed
  bool empty() const { return left_out.empty() && !pyodide_index; }
  bool operator==(const LockNotes&) const = default;
};

LockNotes read_lock_notes(const std::filesystem::path& file);

/// Puts them at the end of a lock that has none.
void append_lock_notes(const std::filesystem::path& file, const LockNotes& notes);

/// The text of a lock without what an index remarks about a file and may leave out the next time:
/// sizes and times of upload. Two locks that are the same without them install the same.
std::string without_remarks(std::string_view lock);

/// The entries of a lock. Throws Error when it is not one.
std::vector<LockedPackage> read_pylock(const std::filesystem::path& file);

/// "name==version" of every entry that has one, a line each: constraints for another resolution.
std::string pylock_pins(const std::vector<LockedPackage>& packages);

/// The text of the lock `file` without the named packages.
std::string pylock_without(const std::filesystem::path& file,
                           const std::vector<std::string>& packages);

}  // namespace cwrangler::cli
