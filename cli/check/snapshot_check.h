// Whether there can be a memory snapshot of a Worker, and what is in it: `cwrangler snapshot`.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/check/problem.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

struct SnapshotReport {
  std::string python;
  std::string layer;
  double milliseconds = 0;                    ///< until it was made, Python's own start included
  std::optional<double> restore_ms;           ///< a start from it; nothing: it is not kept
  std::uint64_t bytes = 0;                    ///< of disk
  std::uint64_t pages = 0;                    ///< of 4 KiB, that are not all zeros
  std::uint64_t memory = 0;                   ///< bytes of the interpreter's memory
  std::vector<std::string> packages;          ///< that are imported in it
  std::vector<std::string> libraries;         ///< side modules, relative to the folder of modules
  std::optional<std::filesystem::path> file;  ///< nothing: it is not kept
  std::vector<Problem> problems;              ///< what prevents it; else the rest holds
};

/// Has `runtime` (the program cwrangler-runtime) make the Worker's snapshot. Where the Worker's
/// code prevents it, its top level is run once more to find the lines. `keep`: it is written, for
/// the next starts. Throws Error when the program cannot be started or does not answer.
SnapshotReport make_snapshot(const Project& project, const std::filesystem::path& runtime,
                             bool keep);

}  // namespace cwrangler::cli
