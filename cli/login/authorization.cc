#include "cli/login/authorization.h"

#include <sys/random.h>

#include "cli/api/base64.h"
#include "cli/login/token_answers.h"
#include "storage/checksums.h"

namespace cwrangler::cli {
namespace {

/// wrangler's registration at Cloudflare; a public client has no secret.
constexpr const char* kClientId = "54d11594-84e4-41aa-b438-e81b8fa78ee7";
constexpr const char* kDomain = "dash.cloudflare.com";

/// Make 64 and 32 characters.
constexpr size_t kVerifierBytes = 48;
constexpr size_t kStateBytes = 24;

std::string random_text(size_t bytes) {
  std::string data(bytes, '\0');
  if (::getrandom(data.data(), data.size(), 0) != static_cast<ssize_t>(data.size())) {
    throw system_error("making random bytes");
  }
  return base64url(data);
}

std::string checked_url(std::string url, const char* variable) {
  if (url.starts_with("https://") || url.starts_with("http://")) return url;
  throw Error(std::string(variable) + " is no http: or https: URL: " + url)
      .exit_with(ExitCode::usage);
}

}  // namespace

AuthorizationServer authorization_server(const EnvironmentLookup& environment) {
  const auto value = [&environment](const char* name, const std::string& preset) {
    const std::string own = environment(name).value_or("");
    return own.empty() ? preset : own;
  };
  const std::string base = "https://" + value("WRANGLER_AUTH_DOMAIN", kDomain) + "/oauth2/";
  const auto url = [&](const char* name, const char* last) {
    return checked_url(value(name, base + last), name);
  };
  return {value("WRANGLER_CLIENT_ID", kClientId), url("WRANGLER_AUTH_URL", "auth"),
          url("WRANGLER_TOKEN_URL", "token"), url("WRANGLER_REVOKE_URL", "revoke"),
          base + "device/auth"};
}

LoginAttempt start_login_attempt() {
  return {random_text(kStateBytes), random_text(kVerifierBytes)};
}

std::string code_challenge(const std::string& verifier) {
  const auto checksum = storage::make_checksum("sha256");
  const std::vector<uint8_t> text(verifier.begin(), verifier.end());
  checksum->add(text);
  const std::vector<uint8_t> digest = checksum->finish();
  return base64url(std::string(digest.begin(), digest.end()));
}

std::string authorize_page(const AuthorizationServer& server, const LoginAttempt& attempt,
                           const std::vector<std::string>& scopes) {
  return server.authorize_url + query_string({{"response_type", "code"},
                                              {"client_id", server.client_id},
                                              {"redirect_uri", kCallbackUrl},
                                              {"scope", scope_text(scopes)},
                                              {"state", attempt.state},
                                              {"code_challenge", code_challenge(attempt.verifier)},
                                              {"code_challenge_method", "S256"}});
}

StoredLogin redeem_code(HttpTransport& transport, const AuthorizationServer& server,
                        const LoginAttempt& attempt, const std::string& code,
                        std::chrono::system_clock::time_point now) {
  const HttpResponse response = post_form(transport, server.token_url,
                                          {{"grant_type", "authorization_code"},
                                           {"code", code},
                                           {"redirect_uri", kCallbackUrl},
                                           {"client_id", server.client_id},
                                           {"code_verifier", attempt.verifier}});
  const ApiJson answer = parse_object(response.body);
  if (const auto refusal = refusal_of(response, answer)) {
    throw Error("The login was refused: " + refusal->text)
        .while_doing("logging in")
        .hint("`cwrangler login` starts anew.");
  }
  return login_of(answer, "", now);
}

StoredLogin renew_login(HttpTransport& transport, const AuthorizationServer& server,
                        const std::filesystem::path& file,
                        std::chrono::system_clock::time_point now) {
  const LoginLock lock(file);
  const StoredLogin login = read_login(file).value_or(StoredLogin());
  if (!login.oauth_token.empty() && !login.has_ended(now)) return login;
  const auto ended = [&file](const std::string& why) {
    return Error("The login has ended" + why)
        .while_doing("renewing the login")
        .at({file.string(), 0, 0})
        .hint("`cwrangler login` makes a new one; or set CLOUDFLARE_API_TOKEN to an API token.");
  };
  if (login.refresh_token.empty()) throw ended("");
  const HttpResponse response = post_form(transport, server.token_url,
                                          {{"grant_type", "refresh_token"},
                                           {"refresh_token", login.refresh_token},
                                           {"client_id", server.client_id}});
  const ApiJson answer = parse_object(response.body);
  if (const auto refusal = refusal_of(response, answer)) {
    // wrangler takes no lock: it may have been faster, with the same refresh token.
    const StoredLogin other = read_login(file).value_or(StoredLogin());
    if (other.oauth_token != login.oauth_token && !other.has_ended(now)) return other;
    throw ended(": " + refusal->text);
  }
  StoredLogin renewed = login_of(answer, login.refresh_token, now);
  if (renewed.scopes.empty()) renewed.scopes = login.scopes;
  write_login(file, renewed);
  return renewed;
}

void revoke_login(HttpTransport& transport, const AuthorizationServer& server,
                  const StoredLogin& login) {
  post_form(transport, server.revoke_url,
            {{"client_id", server.client_id},
             {"token_type_hint", "refresh_token"},
             {"token", login.refresh_token}});
}

}  // namespace cwrangler::cli
