#include "cli/api/credentials.h"

#include <algorithm>

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

std::optional<Credentials> find_credentials(const EnvironmentLookup& environment,
                                            std::chrono::system_clock::time_point now,
                                            const RenewLogin& renew) {
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
  std::optional<StoredLogin> login = read_login(file);
  if (!login || login->oauth_token.empty()) return std::nullopt;
  if (login->has_ended(now)) {
    if (!renew) {
      throw Error("The login has ended")
          .while_doing("signing in")
          .at({file.string(), 0, 0})
          .hint("`cwrangler whoami` renews it, and `cwrangler login` makes a new one.");
    }
    login = renew(file);
  }
  found.kind = Credentials::Kind::login;
  found.source = file.string();
  found.token = login->oauth_token;
  found.scopes = login->scopes;
  check_sendable(found.token, found.source);
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
      "`cwrangler login` signs you in by a browser. For programs, make a token in the dashboard "
      "(My Profile, API Tokens, the template Edit Cloudflare "
      "Workers) and assign it to CLOUDFLARE_API_TOKEN. .env in the project may hold it, too.");
  return error;
}

}  // namespace cwrangler::cli
