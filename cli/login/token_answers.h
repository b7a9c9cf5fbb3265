// What is asked of a server of OAuth 2's tokens, and what its answers say, whichever grant it is
// about.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/api/envelope.h"
#include "cli/api/http.h"
#include "cli/api/stored_login.h"

namespace cwrangler::cli {

/// `scope` as it is sent: with `offline_access`, which gets a refresh token.
std::string scope_text(const std::vector<std::string>& scopes);

/// Sends a form. Any status is an answer; throws TransportError when there is none.
HttpResponse post_form(HttpTransport& transport, const std::string& url, const Query& fields);

/// The object of a body; an empty one for what is none.
ApiJson parse_object(const std::string& body);

struct Refusal {
  std::string code;  ///< "invalid_grant"; "status 502" where the server gave none
  std::string text;  ///< for people
};

/// Why the server refuses (RFC 6749, 5.2). Nothing: it does not.
std::optional<Refusal> refusal_of(const HttpResponse& response, const ApiJson& answer);

/// The login of an answer with tokens (RFC 6749, 5.1). Where no new refresh token comes, the one
/// before, `refresh_token`, stays good (section 6). Throws Error when there is no token in it.
StoredLogin login_of(const ApiJson& answer, const std::string& refresh_token,
                     std::chrono::system_clock::time_point now);

}  // namespace cwrangler::cli
