// Who the user is to the API, and where the API is.

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/api/http.h"
#include "cli/api/stored_login.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

/// What a request is signed with. None of it may be printed or logged.
struct Credentials {
  enum class Kind { api_token, global_key, login };
  Kind kind = Kind::api_token;
  std::string token;   ///< of api_token and login
  std::string key;     ///< of global_key
  std::string email;   ///< of global_key
  std::string source;  ///< where they are from: "the CLOUDFLARE_API_TOKEN environment variable"
  std::vector<std::string> scopes = {};  ///< of login: what it may be used for

  std::vector<HttpHeader> headers() const;
};

/// Gets a login that has ended a new token: given its file, returns what is in it afterwards.
using RenewLogin = std::function<StoredLogin(const std::filesystem::path& file)>;

/// CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL, else CLOUDFLARE_API_TOKEN (each also as CF_…), else
/// the login. Nothing when there is none of them. Throws Error for a token that cannot be sent, a
/// login file that cannot be read, and a login that has ended before `now` when there is no
/// `renew`.
std::optional<Credentials> find_credentials(const EnvironmentLookup& environment,
                                            std::chrono::system_clock::time_point now,
                                            const RenewLogin& renew = {});

/// Where the v4 API is, without a slash at the end: CLOUDFLARE_API_BASE_URL, else by the compliance
/// region (CLOUDFLARE_COMPLIANCE_REGION, else `region`, the configuration's: "public" or
/// "fedramp_high"; empty: public). Throws Error for an address that is none and for an unknown
/// region.
std::string api_base_url(const EnvironmentLookup& environment, const std::string& region);

/// The error of a command that needs credentials and has none.
Error no_credentials_error();

}  // namespace cwrangler::cli
