// A login by a browser on another device, which cannot come back to this one: in a container, over
// SSH. OAuth 2's device authorization grant (RFC 8628).

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cli/login/authorization.h"

namespace cwrangler::cli {

/// What the server has given out for this login.
struct DeviceAuthorization {
  std::string device_code;          ///< a secret: the token is asked for by it
  std::string user_code;            ///< what the user types in, or compares
  std::string page;                 ///< where
  std::string page_with_code;       ///< the same with the code filled in
  std::chrono::seconds life{};      ///< how long the codes are good for
  std::chrono::seconds interval{};  ///< between two questions
};

/// Asks for the codes. Throws Error when the server refuses, when its answer has not what is
/// needed, and when the page is not the server's own: whoever types the code in elsewhere has
/// given the login away (RFC 8628, 5.4). TransportError: it cannot be reached.
DeviceAuthorization request_device_codes(HttpTransport& transport,
                                         const AuthorizationServer& server,
                                         const std::vector<std::string>& scopes);

/// What passes the time.
struct DeviceWait {
  std::function<std::chrono::system_clock::time_point()> now;
  std::function<void(std::chrono::seconds)> sleep;
};

/// Asks until the user has consented. Throws Error when the user or the server refuses, or the
/// codes are no longer good; what goes wrong in between is asked again.
StoredLogin wait_for_consent(HttpTransport& transport, const AuthorizationServer& server,
                             const DeviceAuthorization& authorization, const DeviceWait& wait);

}  // namespace cwrangler::cli
