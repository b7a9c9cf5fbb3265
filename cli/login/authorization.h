// The requests of a login: where the browser is sent, and what is asked of the server of tokens.
//
// OAuth 2's authorization code grant for a public client (RFC 6749, RFC 8252) with PKCE (RFC 7636).
// Neither tokens nor codes ever stand in an error or a log.

#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/api/http.h"
#include "cli/api/stored_login.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

/// Where the browser comes back to. Registered with the client id: it stays the same when the
/// listener is somewhere else behind a port that is passed on.
inline constexpr const char* kCallbackUrl = "http://localhost:8976/oauth/callback";
inline constexpr const char* kCallbackHost = "localhost";
inline constexpr int kCallbackPort = 8976;

/// The addresses of the server of logins, and who we are to it.
struct AuthorizationServer {
  std::string client_id;
  std::string authorize_url;
  std::string token_url;
  std::string revoke_url;
  std::string device_url;  ///< of codes for other devices (device_authorization.h)
};

/// Cloudflare's with wrangler's registration; WRANGLER_AUTH_DOMAIN, WRANGLER_AUTH_URL,
/// WRANGLER_TOKEN_URL, WRANGLER_REVOKE_URL and WRANGLER_CLIENT_ID change them. Throws Error for an
/// address that is no http: or https: URL.
AuthorizationServer authorization_server(const EnvironmentLookup& environment);

/// What ties the answer to the question. Made anew for every login.
struct LoginAttempt {
  std::string state;     ///< comes back with the browser
  std::string verifier;  ///< a secret, shown when the code is redeemed (RFC 7636, 4.1)
};

/// Throws Error when the system has no random bytes.
LoginAttempt start_login_attempt();

/// base64url(SHA-256(verifier)), RFC 7636, 4.2.
std::string code_challenge(const std::string& verifier);

/// The page that the browser is to show. `offline_access`, which gets a refresh token, comes on top
/// of `scopes`.
std::string authorize_page(const AuthorizationServer& server, const LoginAttempt& attempt,
                           const std::vector<std::string>& scopes);

/// Redeems the code that the browser came back with. Throws Error with the server's words when it
/// refuses, and TransportError when it cannot be reached.
StoredLogin redeem_code(HttpTransport& transport, const AuthorizationServer& server,
                        const LoginAttempt& attempt, const std::string& code,
                        std::chrono::system_clock::time_point now);

/// Gets the login in `file` a new token, unless another process has done so meanwhile, and writes
/// it down. Returns what is in the file then. Throws Error when the server refuses: the login is
/// over; TransportError when it cannot be reached.
StoredLogin renew_login(HttpTransport& transport, const AuthorizationServer& server,
                        const std::filesystem::path& file,
                        std::chrono::system_clock::time_point now);

/// Tells the server that the login is over. As wrangler, takes any answer; throws TransportError
/// when none comes.
void revoke_login(HttpTransport& transport, const AuthorizationServer& server,
                  const StoredLogin& login);

}  // namespace cwrangler::cli
