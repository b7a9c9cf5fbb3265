// A dev session: the listening sockets, one runtime that serves on them, the files it serves, and
// the terminal. One thread, one poll(): nothing in it waits for anything else, so that Ctrl-C works
// whatever hangs.

#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/dev/dev_project.h"
#include "cli/dev/listeners.h"
#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

struct SessionOptions {
  std::string ip;           ///< an address of this machine, or "localhost"
  std::optional<int> port;  ///< nothing: 8787 or the next free one
  Protocol protocol;
  unsigned instances = 1;                 ///< of the Worker, each on a thread of its own
  bool sync = true;                       ///< install packages when the dependencies have changed
  bool keys = true;                       ///< read keys where there is a terminal
  std::filesystem::path runtime;          ///< the program `cwrangler-runtime`
  std::vector<std::string> sync_command;  ///< how to run `cwrangler sync` on this project
  /// Reads the project. Throws Error for a configuration that is wrong: at the start that ends the
  /// session, later it is printed and the code that runs goes on running.
  std::function<DevProject()> load;
};

/// Runs until SIGINT, SIGTERM or SIGHUP; then everything it started has ended, within two seconds.
/// Returns the exit status: ExitCode::ok, or ExitCode::interrupted when the Worker was never ready.
/// Throws Error when the session cannot start: the configuration, the port, the runtime program.
int run_session(const SessionOptions& options, Terminal& terminal);

}  // namespace cwrangler::cli
