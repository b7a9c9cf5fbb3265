// What CI tools read after a command: one JSON object a line, in the file that
// WRANGLER_OUTPUT_FILE_PATH names or in one of its own below WRANGLER_OUTPUT_FILE_DIRECTORY. The
// events and their fields are wrangler's; docs/environment-variables.md lists them.

#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace cwrangler::cli {

/// A variable of the environment; nothing: not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
/// Milliseconds since 1970, UTC.
using EventClock = std::function<std::int64_t()>;

class EventFile {
 public:
  /// Chooses the file, and makes its folder; nothing where the environment asks for none. Throws
  /// Error when the folder cannot be made.
  EventFile(const Environment& environment, EventClock clock);

  /// Adds `{"type":"wrangler-session",…}` with the command line, the values of variables hidden.
  void session(const std::vector<std::string>& arguments);
  /// Adds `{"type":"command-failed",…}`.
  void failed(const Error& error);

  /// Adds an event of a command's own, which has its `type`.
  void add(nlohmann::json event);

  /// Empty: there is none.
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  EventClock clock_;
};

/// The arguments without what `--var NAME:value` and the like give, which may be secrets.
std::vector<std::string> without_values(const std::vector<std::string>& arguments);

}  // namespace cwrangler::cli
