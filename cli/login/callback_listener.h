// The server on this machine that the browser comes back to at the end of a login (RFC 8252, 7.3).

#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace cwrangler::cli {

/// What the browser came back with, and the connection that waits for a page.
struct Callback {
  std::map<std::string, std::string> parameters;  ///< of the query, decoded
  Descriptor connection;
};

class CallbackListener {
 public:
  /// Listens on every address of `host`. `port`: 1 to 65535. Throws Error when it is taken.
  CallbackListener(const std::string& host, int port);

  /// Waits for a GET of /oauth/callback whose `state` is this; all other requests are answered with
  /// an error and forgotten, as any page in the browser could make them. Throws Error when none has
  /// come after `patience`.
  Callback wait(const std::string& state, std::chrono::milliseconds patience);

 private:
  std::vector<Descriptor> sockets_;
};

/// Sends the browser on to another page, and ends the connection.
void redirect(Callback& callback, const std::string& url);

/// Shows the browser that the login has failed, and why, and ends the connection.
void show_failure(Callback& callback, const std::string& reason);

}  // namespace cwrangler::cli
