// One end of the socket pair between `cwrangler dev` and `cwrangler-runtime`: whole JSON messages,
// one a line, each way. Blocking; a slow reader slows the writer, which is the wanted back-pressure
// for a Worker that prints faster than a terminal can show.

#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace cwrangler {

class ControlChannel {
 public:
  /// Takes ownership of a connected stream socket.
  explicit ControlChannel(int descriptor);
  ControlChannel(const ControlChannel&) = delete;
  ControlChannel& operator=(const ControlChannel&) = delete;
  ~ControlChannel();

  /// The descriptor, for poll(). Readable means: receive() will not block for long.
  int descriptor() const { return descriptor_; }

  /// Sends one message; any thread. False when the other side is gone.
  bool send(const nlohmann::json& message);

  /// The next message; one thread only. Nothing when the other side has closed.
  /// A line that is not JSON ends the channel as well: nothing after it can be trusted.
  std::optional<nlohmann::json> receive();

  /// True when receive() would answer from what was already read: a poll() would not tell.
  bool has_buffered_message() const { return buffer_.find('\n') != std::string::npos; }

 private:
  const int descriptor_;
  std::mutex sending_;
  std::string buffer_;
};

}  // namespace cwrangler
