// The answer to what uv asks of an interpreter it has not met: a script of uv's own, which reports
// the platform. Booting Python for it takes seconds; its answer is always the same.
//
// What is kept is what the script really printed, under a key of everything that it depends on:
// this program's build, the Python release, and the script's text. Only the path that the
// interpreter goes by is put in anew each time. The install tree comes with the answers to the uv
// that it was built with.

#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace cwrangler::python {

/// A question of uv's.
struct Question {
  std::string executable;           ///< the interpreter's path
  std::filesystem::path own;        ///< where the user's answer is, or will be; empty: nowhere
  std::filesystem::path installed;  ///< where the install tree's would be
};

/// What this command line asks; nothing when it is no question of uv's. `release`: "3.14";
/// `executable`: the interpreter's path; `arguments`: Python's own.
std::optional<Question> recognise_question(const std::string& release,
                                           const std::string& executable,
                                           std::span<const std::string> arguments);

/// Runs the rest of the program in a child process, of which it returns as the parent only when
/// the answer is at hand or complete: prints the kept answer and ends the process, or forks,
/// keeps what the child prints when it succeeds, and ends the process with the child's status.
/// Returns in the child only. To be called before any thread is started.
void answer(const Question& question);

}  // namespace cwrangler::python
