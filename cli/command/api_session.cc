#include "cli/command/api_session.h"

#include <thread>

#include "cli/api/environment.h"
#include "cli/login/authorization.h"
#include "cli/terminal/prompt.h"

namespace cwrangler::cli {
namespace {

std::string region_of(const Config* config) {
  if (config == nullptr) return {};
  const auto region = config->settings.find("compliance_region");
  return region != config->settings.end() && region->is_string() ? region->get<std::string>() : "";
}

size_t choose_account(Terminal& terminal, const std::vector<AccountName>& accounts) {
  terminal.print("Which account should be used?");
  for (size_t i = 0; i < accounts.size(); ++i) {
    terminal.print("  " + std::to_string(i + 1) + "  " + printable(accounts[i].name) + " (" +
                   accounts[i].id + ")");
  }
  for (;;) {
    const std::string answer = ask(terminal, "Its number", "1");
    const bool digits = !answer.empty() && answer.size() < 6 &&
                        answer.find_first_not_of("0123456789") == answer.npos;
    const size_t number = digits ? std::stoul(answer) : 0;
    if (number >= 1 && number <= accounts.size()) return number - 1;
    terminal.print("Please type a number from 1 to " + std::to_string(accounts.size()) + ".");
  }
}

Credentials credentials_of(const EnvironmentLookup& environment, const CommandContext& context,
                           WithoutAccount without_account) {
  try {
    return require_credentials(environment, context);
  } catch (Error& error) {
    if (without_account == WithoutAccount::local_data) {
      error.hint("With --local the command works on this machine's data and needs no account. " +
                 error.advice());
    }
    throw;
  }
}

}  // namespace

Credentials require_credentials(const EnvironmentLookup& environment,
                                const CommandContext& context) {
  const RenewLogin renew = [&](const std::filesystem::path& file) {
    CurlTransport transport(network_settings(environment));
    return renew_login(transport, authorization_server(environment), file, context.clock());
  };
  if (auto found = find_credentials(environment, context.clock(), renew)) return *found;
  throw no_credentials_error();
}

ApiSession::ApiSession(const CommandContext& context, const Config* config,
                       WithoutAccount without_account)
    : context_(context),
      environment_(api_environment(context.options.directory, context.options.environment)),
      configured_account_(config != nullptr ? config->account_id : ""),
      transport_(network_settings(environment_)),
      client_(transport_, api_base_url(environment_, region_of(config)),
              credentials_of(environment_, context, without_account),
              [](std::chrono::milliseconds pause) { std::this_thread::sleep_for(pause); }) {}

const Account& ApiSession::account() {
  if (!account_) {
    AccountRequest request{environment_, configured_account_, {}};
    if (can_ask()) {
      request.choose = [this](const std::vector<AccountName>& accounts) {
        return choose_account(context_.terminal, accounts);
      };
    }
    account_.emplace(client_, find_account(client_, request));
  }
  return *account_;
}

}  // namespace cwrangler::cli
