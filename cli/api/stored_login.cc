#include "cli/api/stored_login.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "cli/config/toml.h"
#include "cli/config/utc_time.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kOnlyOwner = 0600;

void create_folder_of(const fs::path& file) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) {
    throw Error(failed.message())
        .while_doing("making the folder of the login")
        .at({file.parent_path().string(), 0, 0});
  }
}

}  // namespace

bool StoredLogin::has_ended(std::chrono::system_clock::time_point now) const {
  // Both are written in UTC, so that their order is that of their letters.
  return !expiration_time.empty() && expiration_time <= utc_time(now);
}

fs::path login_file(const EnvironmentLookup& environment) {
  const std::string home = environment("HOME").value_or("");
  std::error_code ignored;
  // Where older versions have left it, it stays.
  const fs::path old_folder = fs::path(home) / ".wrangler";
  fs::path folder;
  if (!home.empty() && fs::is_directory(old_folder, ignored)) {
    folder = old_folder;
  } else if (const std::string base = environment("XDG_CONFIG_HOME").value_or(""); !base.empty()) {
    folder = fs::path(base) / ".wrangler";
  } else if (!home.empty()) {
    folder = fs::path(home) / ".config" / ".wrangler";
  } else {
    return {};
  }
  return folder / "config" / "default.toml";
}

std::optional<StoredLogin> read_login(const fs::path& file) {
  std::error_code ignored;
  if (file.empty() || !fs::is_regular_file(file, ignored)) return std::nullopt;
  const std::string text = read_file(file);
  toml::table table;
  try {
    table = parse_toml(text, file.string());
  } catch (const Error& error) {
    // The line that it would show may hold a token.
    throw Error("The file of the login is no TOML")
        .while_doing("signing in")
        .at(error.position())
        .hint("`cwrangler login` writes a new one.");
  }
  StoredLogin login;
  login.oauth_token = table["oauth_token"].value_or(std::string());
  login.refresh_token = table["refresh_token"].value_or(std::string());
  login.expiration_time = table["expiration_time"].value_or(std::string());
  if (const toml::array* scopes = table["scopes"].as_array()) {
    for (const toml::node& scope : *scopes) {
      if (auto name = scope.value<std::string>()) login.scopes.push_back(std::move(*name));
    }
  }
  return login;
}

void write_login(const fs::path& file, const StoredLogin& login) {
  toml::array scopes;
  for (const std::string& scope : login.scopes) scopes.push_back(scope);
  toml::table table{{"oauth_token", login.oauth_token}, {"scopes", std::move(scopes)}};
  if (!login.expiration_time.empty()) table.insert("expiration_time", login.expiration_time);
  if (!login.refresh_token.empty()) table.insert("refresh_token", login.refresh_token);
  std::ostringstream text;
  text << table << '\n';
  create_folder_of(file);
  write_file_atomically(file, text.str(), kOnlyOwner);
}

void remove_login(const fs::path& file) {
  std::error_code failed;
  fs::remove(file, failed);
  if (failed) {
    throw Error(failed.message()).while_doing("removing the login").at({file.string(), 0, 0});
  }
}

LoginLock::LoginLock(const fs::path& file) {
  create_folder_of(file);
  const fs::path path = file.string() + ".lock";
  lock_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOnlyOwner));
  if (!lock_.valid()) throw system_error("opening " + path.string());
  while (::flock(lock_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error("locking " + path.string());
  }
}

}  // namespace cwrangler::cli
