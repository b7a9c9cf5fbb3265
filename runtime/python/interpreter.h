// `cwrangler-runtime python`: a Python command line on the host's files and streams. This is the
// interpreter that uv asks for its platform and builds packages with.

#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "runtime/engine/isolate.h"

namespace cwrangler::engine {
class Platform;
}

namespace cwrangler::python {

/// Ends the process when the command line is uv's question about the platform and its answer is
/// known (query_cache.h); may fork, and returns in the child. To be called before the platform is
/// made. Throws as run_python does for a command line that is off.
void answer_known_question(std::span<const std::string> arguments);

/// Runs `[--release 3.12|3.13|3.14] [python's own arguments …]` and ends the process with Python's
/// exit status; does not return. `sys.executable` is what CWRANGLER_PYTHON_EXECUTABLE names, else
/// this program. Throws Error for a release there is none of, and when the isolate cannot be made.
/// `snapshot_folder`: as SnapshotStore has it.
[[noreturn]] void run_python(engine::Platform& platform, const engine::StartupSnapshot& startup,
                             const std::filesystem::path& snapshot_folder,
                             std::span<const std::string> arguments);

}  // namespace cwrangler::python
