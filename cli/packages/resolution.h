// From what a project asks for to exact versions: the order in which uv is asked, so that the
// newest versions that can run in a Worker are found, and a compiled package without a wheel for
// WebAssembly neither stops everything nor silently drags its dependents years back.
//
// 0. A lock that answers every question of the project is taken as it is, and no index is asked: an
//    index could only tell of newer versions, which the lock is there to keep out. Of packages that
//    are not in it but in uv's cache, it is only asked whether there are newer ones.
// 1. Everything may be built from source: uv then takes the newest of all. What has a wheel that
//    fits, or is known to work without its compiled part, is settled by that.
// 2. For the rest the index of the Pyodide release is asked, where it is reachable. For Pythons
//    with next to no wheels on the public index that comes first.
// 3. Compiled packages that their dependents do without are left out.
// 4. Older versions of the dependents that do not need the compiled package yet; with a note. What
//    the project itself asks for keeps its major version.
// 5. What is still without a wheel is left to the installation, which tries to build it.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/packages/pylock.h"
#include "cli/packages/uv_project.h"

namespace cwrangler::cli {

struct Resolved {
  std::vector<LockedPackage> packages;
  LockNotes notes;
  /// "jsonschema 4.17.3 instead of 4.26.0", for versions that were moved back in step 4…
  std::vector<std::string> moved_back;
  std::vector<std::string> moved_for;  ///< …and the packages without a wheel that they avoid
};

/// Resolves into the file `lock`, which is created. Versions in that file already are kept unless
/// the requirements forbid it, and so are its bytes when it says the same. Throws as explanation.h
/// says when there is no solution.
Resolved resolve(UvProject& uv, const std::filesystem::path& lock);

/// Throws Error when a file in the lock is not one of those whose hashes the project gives for the
/// package: uv's lock has the hashes of the index.
void check_hashes(const Dependencies& dependencies, const std::vector<LockedPackage>& packages);

}  // namespace cwrangler::cli
