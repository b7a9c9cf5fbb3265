// The sockets a dev session listens on. They belong to `cwrangler dev`, which lends them to one
// runtime after another: clients queue on them while there is none.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/process/child_process.h"

namespace cwrangler::cli {

struct Listeners {
  std::vector<Descriptor> sockets;  ///< listening, close-on-exec
  int port = 0;
  std::string url;  ///< "http://localhost:8787"
  /// What a runtime is told besides: that clients speak HTTPS, and the certificate.
  std::vector<std::string> arguments;
};

/// How clients speak to a dev session.
struct Protocol {
  bool https = false;
  /// PEM files, absolute; empty: the runtime's own certificate for this machine.
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// The port when none is asked for and it is free (wrangler's).
inline constexpr int kDefaultPort = 8787;

/// Listens on `ip`: an address, or "localhost" for 127.0.0.1 and, where there is IPv6, ::1.
/// `port`: 0 for any free one; nothing for kDefaultPort or the next free one after it.
/// Throws Error when the address is not one of this machine, or the port that was asked for is
/// taken.
Listeners open_listeners(const std::string& ip, std::optional<int> port,
                         const Protocol& protocol = {});

}  // namespace cwrangler::cli
