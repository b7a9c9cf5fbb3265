// Removing a folder without making the user wait for it: a disk may take seconds over the thousands
// of small files of a python_modules.

#pragma once

#include <chrono>
#include <filesystem>

namespace cwrangler::cli {

/// Removes `folder` and all below it. What is still there after `patience` is left to a process of
/// its own, which outlives this one; killed, it leaves the rest of the folder, and the next call
/// for it goes on. A folder that another call is at work on is left to that one. Never throws: what
/// cannot be removed stays. For single-threaded programs, as ChildProcess.
void remove_with_patience(const std::filesystem::path& folder, std::chrono::milliseconds patience);

}  // namespace cwrangler::cli
