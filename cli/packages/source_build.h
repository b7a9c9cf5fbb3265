// Packages whose index offers no wheel for WebAssembly, but whose source also works without its
// compiled part (markupsafe, pyyaml), or is plain Python to begin with: the source is built where
// no compiler can be reached, and taken when nothing native came out.
//
// Inside of the Worker's own interpreter by default, where a build can start no other program.
// Packages that are known (known_packages.toml) or that the user trusts are built by this machine's
// Python first, which is faster and works for more of them.

#pragma once

#include <filesystem>
#include <string>

#include "cli/packages/pylock.h"
#include "cli/packages/uv_project.h"

namespace cwrangler::cli {

/// The result of a build: a folder to be merged into python_modules, or why there is none.
struct SourceBuild {
  std::filesystem::path tree;  ///< empty when it failed
  std::string problem;         ///< a clause: "its source needs a compiler"
};

/// The folder of earlier builds: `source-builds` in cache_directory(). Throws Error
/// where there is no place for a cache.
std::filesystem::path source_build_cache();

/// An earlier build of the same source archive; empty when there is none.
std::filesystem::path find_source_build(const LockedPackage& package);

/// Builds `package` from its source, or takes an earlier build of the same archive. The
/// dependencies of the package are not installed. Throws Error for failures that are not the
/// package's, such as a full disk or an interruption.
SourceBuild build_purely(const UvProject& uv, const LockedPackage& package);

/// The first file below `tree` that is compiled for some machine, by name or by content; empty when
/// there is none.
std::filesystem::path find_native_file(const std::filesystem::path& tree);

}  // namespace cwrangler::cli
