// Packages whose index offers no wheel for WebAssembly, but whose source also works without its
// compiled part (markupsafe, pyyaml): the source is built with the host's Python and no compiler,
// and taken when nothing native came out.

#pragma once

#include <filesystem>
#include <string>

#include "cli/project/pylock.h"
#include "cli/project/uv.h"

namespace cwrangler::cli {

/// The result of a build: a folder to be merged into python_modules, or why there is none.
struct SourceBuild {
  std::filesystem::path tree;  ///< empty when it failed
  std::string problem;         ///< a clause: "its source needs a compiler"
};

/// The folder of earlier builds: `$XDG_CACHE_HOME/cwrangler/source-builds`.
std::filesystem::path source_build_cache();

/// An earlier build of the same source archive; empty when there is none.
std::filesystem::path find_source_build(const LockedPackage& package);

/// Builds `package` from its source, or takes an earlier build of the same archive. The
/// dependencies of the package are not installed. `offline`: only what uv has in its cache is used.
/// Throws Error for failures that are not the package's, such as a full disk or an interruption.
SourceBuild build_purely(const Uv& uv, const LockedPackage& package, bool offline);

/// The first file below `tree` that is compiled for some machine, by name or by content; empty when
/// there is none.
std::filesystem::path find_native_file(const std::filesystem::path& tree);

}  // namespace cwrangler::cli
