#include "cli/api/account.h"

#include <algorithm>
#include <optional>

#include "cli/api/json_access.h"

namespace cwrangler::cli {
namespace {

const Query kFirstPage{{"page", "1"}};

void add_unknown(std::vector<AccountName>& accounts, const ApiJson& entry) {
  AccountName account{string_at(entry, "id"), string_at(entry, "name")};
  const bool known = std::any_of(accounts.begin(), accounts.end(),
                                 [&](const AccountName& other) { return other.id == account.id; });
  if (!account.id.empty() && !known) accounts.push_back(std::move(account));
}

std::string checked(std::string id, const std::string& source) {
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
  if (plain) return id;
  throw Error("The account id of " + source + " is none: " + id)
      .hint("It is 32 hexadecimal digits; `cwrangler whoami` lists the ids of your accounts.");
}

}  // namespace

std::vector<AccountName> visible_accounts(ApiClient& client) {
  std::vector<AccountName> accounts;
  std::optional<ApiError> refused;
  try {
    for (const ApiJson& entry : client.list("/accounts", kFirstPage)) add_unknown(accounts, entry);
  } catch (const ApiError& error) {
    refused = error;
  }
  try {
    for (const ApiJson& entry : client.list("/memberships", kFirstPage)) {
      add_unknown(accounts, object_at(entry, "account"));
    }
  } catch (const ApiError&) {
    // Tokens of an account have no memberships.
    if (refused) throw *refused;
  }
  return accounts;
}

std::string find_account(ApiClient& client, const AccountRequest& request) {
  for (const char* name : {"CLOUDFLARE_ACCOUNT_ID", "CF_ACCOUNT_ID"}) {
    const std::string id = request.environment(name).value_or("");
    if (!id.empty()) return checked(id, name);
  }
  if (!request.configured.empty()) return checked(request.configured, "the configuration");
  const std::vector<AccountName> accounts = visible_accounts(client);
  constexpr const char* kAdvice =
      "Set account_id in the configuration, or assign the id to CLOUDFLARE_ACCOUNT_ID.";
  if (accounts.empty()) {
    throw Error("Failed to automatically retrieve account IDs for the logged in user")
        .hint(kAdvice);
  }
  if (accounts.size() == 1) return checked(accounts.front().id, "the API");
  if (request.choose) return checked(accounts.at(request.choose(accounts)).id, "the API");
  std::string problem =
      "More than one account available but unable to select one in non-interactive mode.\n"
      "Available accounts are (`<name>`: `<account_id>`):";
  for (const AccountName& account : accounts) {
    problem += "\n  `" + account.name + "`: `" + account.id + "`";
  }
  throw Error(problem).hint(kAdvice);
}

}  // namespace cwrangler::cli
