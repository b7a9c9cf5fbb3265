// What a command needs to talk to the API: the environment with .env files, the user's credentials,
// a client, and the account that is meant.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/api/account.h"
#include "cli/api/api_client.h"
#include "cli/api/curl_transport.h"
#include "cli/command/commands.h"
#include "cli/config/config.h"

namespace cwrangler::cli {

/// What a command can do for somebody who has no account.
enum class WithoutAccount {
  nothing,
  local_data,  ///< it has --local; the error for missing credentials says so
};

class ApiSession {
 public:
  /// `config`: the project's, for its account and region; none: the command needs no project.
  /// Throws Error when there are no credentials. Makes no request, unless a login has ended and is
  /// to be renewed.
  ApiSession(const CommandContext& context, const Config* config,
             WithoutAccount without_account = WithoutAccount::nothing);

  ApiClient& client() { return client_; }
  const EnvironmentLookup& environment() const { return environment_; }

  /// The account that is meant, found when it is first asked for. See find_account.
  const Account& account();

 private:
  const CommandContext& context_;
  const EnvironmentLookup environment_;
  const std::string configured_account_;
  CurlTransport transport_;
  ApiClient client_;
  std::optional<Account> account_;
};

/// The credentials of this command's environment; a login that has ended is renewed. Throws Error
/// when there are none.
Credentials require_credentials(const EnvironmentLookup& environment,
                                const CommandContext& context);

}  // namespace cwrangler::cli
