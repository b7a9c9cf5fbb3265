#include "cli/api/credentials.h"

#include <algorithm>

#include "base/files.h"
#include "cli/config/toml.h"
#include "cli/config/utc_time.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

std::string first_of(const EnvironmentLookup& environment,
                     std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::string value = environment(name).value_or("");
    if (!value.empty()) return value;
  }
  return {};
}

/// Throws for what has no place in a header, without saying what it is.
void check_sendable(const std::string& secret, const std::string& source) {
  const bool plain =
      std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (plain) return;
  throw Error("The value of " + source + " has characters that no token has")
      .while_doing("signing in")
      .hint("Blanks, line ends and quotes are easily copied along.");
}

}  // namespace

std::vector<HttpHeader> Credentials::headers() const {
  if (kind == Kind::global_key) return {{"X-Auth-Key", key}, {"X-Auth-Email", email}};
  return {{"Authorization", "Bearer " + token}};
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

std::optional<Credentials> find_credentials(const EnvironmentLookup& environment,
                                            std::chrono::system_clock::time_point now) {
  Credentials found;
  found.key = first_of(environment, {"CLOUDFLARE_API_KEY", "CF_API_KEY"});
  found.email = first_of(environment, {"CLOUDFLARE_EMAIL", "CF_EMAIL"});
  if (!found.key.empty() && !found.email.empty()) {
    found.kind = Credentials::Kind::global_key;
    found.source = "the CLOUDFLARE_API_KEY environment variable";
    check_sendable(found.key, "CLOUDFLARE_API_KEY");
    check_sendable(found.email, "CLOUDFLARE_EMAIL");
    return found;
  }
  found.token = first_of(environment, {"CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"});
  if (!found.token.empty()) {
    found.source = "the CLOUDFLARE_API_TOKEN environment variable";
    check_sendable(found.token, "CLOUDFLARE_API_TOKEN");
    return found;
  }
  const fs::path file = login_file(environment);
  std::error_code ignored;
  if (file.empty() || !fs::is_regular_file(file, ignored)) return std::nullopt;
  const toml::table login = parse_toml(read_file(file), file.string());
  found.kind = Credentials::Kind::login;
  found.source = file.string();
  found.token = login["oauth_token"].value_or(std::string());
  if (found.token.empty()) return std::nullopt;
  check_sendable(found.token, found.source);
  const std::string ends = login["expiration_time"].value_or(std::string());
  // Both are written in UTC, so that their order is that of their letters.
  if (!ends.empty() && ends < utc_time(now)) {
    throw Error("The login has ended")
        .while_doing("signing in")
        .at({found.source, 0, 0})
        .hint("Log in again, or set CLOUDFLARE_API_TOKEN to an API token.");
  }
  return found;
}

std::string api_base_url(const EnvironmentLookup& environment, const std::string& region) {
  std::string base = first_of(environment, {"CLOUDFLARE_API_BASE_URL", "CF_API_BASE_URL"});
  if (!base.empty()) {
    if (!base.starts_with("http://") && !base.starts_with("https://")) {
      throw Error("CLOUDFLARE_API_BASE_URL is no http: or https: URL: " + base)
          .exit_with(ExitCode::usage);
    }
    while (base.ends_with('/')) base.pop_back();
    return base;
  }
  const std::string asked = environment("CLOUDFLARE_COMPLIANCE_REGION").value_or("");
  const std::string& chosen = asked.empty() ? region : asked;
  if (chosen.empty() || chosen == "public") return "https://api.cloudflare.com/client/v4";
  if (chosen == "fedramp_high") return "https://api.fed.cloudflare.com/client/v4";
  throw Error("Unknown compliance region: " + chosen)
      .exit_with(ExitCode::usage)
      .hint("CLOUDFLARE_COMPLIANCE_REGION and compliance_region are public or fedramp_high.");
}

Error no_credentials_error() {
  Error error(
      "In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment "
      "variable for cwrangler to work.");
  error.hint(
      "Make a token in the dashboard (My Profile, API Tokens, the template Edit Cloudflare "
      "Workers) and assign it to CLOUDFLARE_API_TOKEN. .env in the project may hold it, too.");
  return error;
}

}  // namespace cwrangler::cli
