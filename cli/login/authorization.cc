#include "cli/login/authorization.h"

#include <sys/random.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "cli/api/base64.h"
#include "cli/api/envelope.h"
#include "cli/api/json_access.h"
#include "cli/config/utc_time.h"
#include "cli/version.h"
#include "storage/checksums.h"

namespace cwrangler::cli {
namespace {

/// wrangler's registration at Cloudflare; a public client has no secret.
constexpr const char* kClientId = "54d11594-84e4-41aa-b438-e81b8fa78ee7";
constexpr const char* kDomain = "dash.cloudflare.com";

/// Make 64 and 32 characters.
constexpr size_t kVerifierBytes = 48;
constexpr size_t kStateBytes = 24;

/// Nobody's token is good for longer than this; a wrong answer must not make a date overflow.
constexpr std::int64_t kLongestLife = std::int64_t{10} * 365 * 24 * 3600;

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

struct Refusal {
  std::string code;  ///< "invalid_grant"
  std::string text;
};

/// RFC 6749, 5.2; some servers nest it.
std::optional<Refusal> refusal_of(const HttpResponse& response, const ApiJson& answer) {
  std::string code = string_at(answer, "error");
  std::string text = string_at(answer, "error_description");
  if (code.empty() && response.status >= 200 && response.status < 300) return std::nullopt;
  if (code.empty()) code = "status " + std::to_string(response.status);
  return Refusal{code, text.empty() ? code : text + " (" + code + ")"};
}

ApiJson parse_object(const std::string& body) {
  ApiJson json = ApiJson::parse(body, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : ApiJson::object();
}

HttpResponse post_form(HttpTransport& transport, const std::string& url, const Query& fields) {
  const std::string body = query_string(fields).substr(1);
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"User-Agent", "cwrangler/" + std::string(kVersion)}};
  request.body = body;
  try {
    return transport.send(request);
  } catch (TransportError& error) {
    error.while_doing("asking " + url + " about the login");
    throw;
  }
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  return found;
}

/// RFC 6749, 5.1. Where no new refresh token comes, the one before stays good (section 6).
StoredLogin login_of(const ApiJson& answer, const std::string& refresh_token,
                     std::chrono::system_clock::time_point now) {
  StoredLogin login;
  login.oauth_token = string_at(answer, "access_token");
  if (login.oauth_token.empty()) {
    throw Error("The answer has no token").while_doing("logging in");
  }
  const std::string next = string_at(answer, "refresh_token");
  login.refresh_token = next.empty() ? refresh_token : next;
  if (const auto life = integer_at(answer, "expires_in"); life && *life >= 0) {
    login.expiration_time =
        utc_time(now + std::chrono::seconds(std::min<std::int64_t>(*life, kLongestLife)));
  }
  login.scopes = words(string_at(answer, "scope"));
  return login;
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
          url("WRANGLER_TOKEN_URL", "token"), url("WRANGLER_REVOKE_URL", "revoke")};
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
  std::string scope;
  for (const std::string& name : scopes) scope += name + " ";
  scope += "offline_access";
  return server.authorize_url + query_string({{"response_type", "code"},
                                              {"client_id", server.client_id},
                                              {"redirect_uri", kCallbackUrl},
                                              {"scope", scope},
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
