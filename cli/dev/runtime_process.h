// One running `cwrangler-runtime`: its process, the control messages and what it prints besides.

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/dev/listeners.h"
#include "cli/dev/message_stream.h"
#include "cli/process/child_process.h"

namespace cwrangler::cli {

class RuntimeProcess {
 public:
  /// Starts `program serve` with the listening sockets. It is in a process group of its own, so
  /// that Ctrl-C in a terminal reaches only us, who then stop it in order. `environment`: changes
  /// to ours. `arguments`: more for `serve`. Throws Error when it cannot be executed.
  static RuntimeProcess start(
      const std::filesystem::path& program, const Listeners& listeners,
      const std::map<std::string, std::optional<std::string>>& environment = {},
      const std::vector<std::string>& arguments = {});

  ChildProcess& process() { return process_; }
  MessageStream& messages() { return messages_; }
  /// What it writes on its standard output and error: V8's last words, for example. Non-blocking.
  int output() const { return output_.get(); }
  /// Call at the end of that stream: output() is -1 from then on.
  void close_output() { output_.reset(); }

 private:
  RuntimeProcess(ChildProcess process, MessageStream messages, Descriptor output);

  ChildProcess process_;
  MessageStream messages_;
  Descriptor output_;
};

}  // namespace cwrangler::cli
