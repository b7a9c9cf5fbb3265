// A login as it is kept between commands: in wrangler's own file and format, so that one login is
// enough for both programs.

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

/// What the file says. None of the tokens may be printed or logged.
struct StoredLogin {
  std::string oauth_token;          ///< signs requests
  std::string refresh_token;        ///< gets the next oauth_token; empty: there is none
  std::string expiration_time;      ///< of oauth_token, as JavaScript writes a Date; empty: none
  std::vector<std::string> scopes;  ///< what it may be used for

  /// Whether oauth_token is of no use any more at `now`.
  bool has_ended(std::chrono::system_clock::time_point now) const;
};

/// The file in which a login is kept. Empty when the environment names no home.
std::filesystem::path login_file(const EnvironmentLookup& environment);

/// Nothing when there is no such file. Throws Error for one that cannot be read or is no TOML,
/// without showing what is in it.
std::optional<StoredLogin> read_login(const std::filesystem::path& file);

/// Replaces the file, with its folders where they are missing; only its owner can read it. Throws
/// Error when it cannot be written.
void write_login(const std::filesystem::path& file, const StoredLogin& login);

/// Removes it; no error when it is not there.
void remove_login(const std::filesystem::path& file);

/// One process at a time changes the login: a refresh token is good for one use, and who comes
/// second would lose the login. Held while it lives; the system gives it back when a process dies.
/// It keeps commands of this program apart; wrangler asks for no lock.
class LoginLock {
 public:
  /// Waits for its turn. Throws Error when there can be no lock beside `file`.
  explicit LoginLock(const std::filesystem::path& file);

 private:
  Descriptor lock_;
};

}  // namespace cwrangler::cli
