// Whom the API takes the user for.

#pragma once

#include <string>
#include <vector>

#include "cli/api/account.h"
#include "cli/api/api_client.h"

namespace cwrangler::cli {

struct Identity {
  std::string credential_type;  ///< "User API Token", "Account API Token", "Global API Key", …
  std::string email;            ///< empty: the credentials may not say
  std::vector<AccountName> accounts;
};

/// Asks the API. Throws ApiError when it refuses the credentials.
Identity find_identity(ApiClient& client);

}  // namespace cwrangler::cli
