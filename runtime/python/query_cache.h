// The answer to what uv asks of an interpreter it has not met: a script of uv's own, which reports
// the platform. Booting Python for it takes seconds; its answer is always the same.
//
// What is kept is what the script really printed, under a key of everything that it depends on:
// this program's build, the Python release, the script's text, and the path that the interpreter
// goes by.

#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace cwrangler::python {

/// The file where the answer to this command line is kept, whether it is there or not; nothing when
/// it is no question of uv's, or when there is no place for a cache. `release`: "3.14";
/// `executable`: the interpreter's path; `arguments`: Python's own.
std::optional<std::filesystem::path> cached_answer(const std::string& release,
                                                   const std::string& executable,
                                                   std::span<const std::string> arguments);

/// Runs the rest of the program in a child process, of which it returns as the parent only when
/// the answer is at hand or complete: prints the kept answer and ends the process, or forks,
/// keeps what the child prints when it succeeds, and ends the process with the child's status.
/// Returns in the child only. To be called before any thread is started.
void answer_from(const std::filesystem::path& file);

}  // namespace cwrangler::python
