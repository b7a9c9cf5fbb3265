// Starting other programs and waiting for them: uv, the runtime, this program itself.
//
// No shell is involved: arguments arrive as they are. A child never outlives this process, not even
// when it is killed by SIGKILL (PR_SET_PDEATHSIG, which is why this is fork and exec and not
// posix_spawn). For single-threaded programs, as `cwrangler` is: the parent-death signal belongs to
// the thread that forked.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"

namespace cwrangler::cli {

/// What to start, and with what. Descriptors other than 0, 1, 2 and those named here do not reach
/// the child.
struct ChildOptions {
  std::vector<std::string> arguments;  ///< arguments[0] is the program: a path, or a name on PATH
  std::map<std::string, std::optional<std::string>> environment;  ///< changes: a value, or unset
  std::filesystem::path directory;  ///< working directory; empty: ours
  /// {ours, the child's}: `ours` appears in the child under the second number. Children's numbers
  /// must be distinct.
  std::vector<std::pair<int, int>> descriptors;
  bool own_process_group = false;  ///< a terminal's Ctrl-C then reaches only us
};

/// How a process ended.
struct ExitStatus {
  int code = 0;    ///< exit status, when `signal` is 0
  int signal = 0;  ///< the signal that ended it
  bool success() const { return code == 0 && signal == 0; }
  /// "exit status 3", "signal 9 (Killed)".
  std::string to_string() const;
};

/// A running child. Destroying it kills the child (SIGKILL) and collects it.
class ChildProcess {
 public:
  /// Starts it. Throws Error naming the program when it cannot be executed.
  static ChildProcess start(const ChildOptions& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  /// Readable (poll) once the child has ended.
  int descriptor() const { return pidfd_.get(); }
  /// Sends a signal; nothing happens when the child has ended already.
  void signal(int number) const;
  /// Waits for the end and collects the child; the same answer again when called again.
  ExitStatus wait();

 private:
  ChildProcess(pid_t pid, Descriptor pidfd);

  pid_t pid_ = -1;
  Descriptor pidfd_;
  std::optional<ExitStatus> status_;
};

/// What a program said and how it ended.
struct CapturedRun {
  ExitStatus status;
  std::string out;
  std::string err;
};

/// Runs a program to its end with an empty standard input and both outputs captured. SIGINT and
/// SIGTERM that arrive meanwhile are passed on to it; when it has ended, an Error with
/// ExitCode::interrupted is thrown. `tick`, if any, is called about ten times a second meanwhile.
CapturedRun run_captured(ChildOptions options, const std::function<void()>& tick = {});

}  // namespace cwrangler::cli
