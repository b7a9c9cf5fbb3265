// The messages that a send_email binding has sent: a file for each.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace cwrangler::storage {

/// One thread at a time.
class Outbox {
 public:
  /// `binding`: its name. Nothing is made before the first message.
  Outbox(const std::filesystem::path& state, std::string_view binding);

  /// Writes the message (RFC 5322) and returns its file, which is on disk then. Names are in the
  /// order of sending. Throws Error.
  std::filesystem::path keep(std::string_view message);

 private:
  const std::filesystem::path folder_;
};

}  // namespace cwrangler::storage
