// `cwrangler-runtime serve`: a server with its sockets, signals and control channel.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/server/server.h"

namespace cwrangler::server {

struct ServeOptions {
  std::vector<int> listen_fds;   ///< listening sockets inherited from the parent
  std::string ip = "127.0.0.1";  ///< where to listen when there are none
  std::uint16_t port = 8787;
  int control_fd = -1;           ///< a connected socket that speaks base/control_protocol.h
  bool one_worker = false;       ///< it will bring one Worker, and no other in its place
  bool https = false;            ///< clients speak HTTPS
  std::string certificate_file;  ///< PEM, with `key_file`: shown in place of the local one
  std::string key_file;
  std::filesystem::path certificate_folder;  ///< where the local one is kept; empty: nowhere
  std::string config;  ///< without it: a file with the Worker's JSON; "-" is stdin
  ServerOptions server;
};

/// Serves until it is told to stop: by the `stop` message, the end of the control channel, SIGINT
/// or SIGTERM. Without a control channel the log goes to stdout and stderr, and a Worker that does
/// not start ends the program. Throws Error for options that cannot work, or such a Worker.
void serve(engine::Platform& platform, const engine::StartupSnapshot& snapshot,
           const ServeOptions& options);

}  // namespace cwrangler::server
