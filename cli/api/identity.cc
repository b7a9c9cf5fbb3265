#include "cli/api/identity.h"

#include "cli/api/json_access.h"

namespace cwrangler::cli {
namespace {

std::string credential_type(ApiClient& client) {
  switch (client.credentials().kind) {
    case Credentials::Kind::global_key:
      return "Global API Key";
    case Credentials::Kind::login:
      return "OAuth Token";
    case Credentials::Kind::api_token:
      break;
  }
  // The API knows the token, but as no user's.
  constexpr int kInvalidToken = 1000;
  try {
    client.get("/user/tokens/verify");
    return "User API Token";
  } catch (const ApiError& error) {
    if (!error.has_code(kInvalidToken)) throw;
    return "Account API Token";
  }
}

}  // namespace

Identity find_identity(ApiClient& client) {
  Identity identity;
  identity.credential_type = credential_type(client);
  try {
    identity.email = string_at(client.get("/user"), "email");
  } catch (const ApiError&) {
    // Tokens without the permission User Details: Read, and those of an account.
  }
  identity.accounts = visible_accounts(client);
  return identity;
}

}  // namespace cwrangler::cli
