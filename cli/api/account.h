// The account that a command works on.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/api/api_client.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

struct AccountName {
  std::string id;
  std::string name;
};

/// All that the credentials can see. A token that may not list accounts can list memberships, or
/// the other way round: one of the two is enough. Throws ApiError when both are refused.
std::vector<AccountName> visible_accounts(ApiClient& client);

struct AccountRequest {
  EnvironmentLookup environment;
  std::string configured;  ///< `account_id` of the configuration; empty: not set
  /// Lets the user choose one of several, by its index. Empty: there is nobody to ask.
  std::function<size_t(const std::vector<AccountName>&)> choose;
};

/// The id of the account that is meant: CLOUDFLARE_ACCOUNT_ID (or CF_ACCOUNT_ID), the
/// configuration's, or the only one there is. Throws Error that lists the accounts when there are
/// several, and for an id that could not stand in a path.
std::string find_account(ApiClient& client, const AccountRequest& request);

/// The calls of one account: paths are below /accounts/ID.
class Account {
 public:
  /// `client` must outlive it.
  Account(ApiClient& client, std::string id) : client_(client), id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  ApiClient& client() const { return client_; }
  std::string path(const std::string& below) const { return "/accounts/" + id_ + below; }

  ApiJson get(const std::string& below, const Query& query = {}) const {
    return client_.get(path(below), query);
  }
  ApiJson post(const std::string& below, const ApiJson& body,
               Retry retry = Retry::by_method) const {
    return client_.post(path(below), body, retry);
  }
  ApiJson put(const std::string& below, const ApiJson& body) const {
    return client_.put(path(below), body);
  }
  ApiJson patch(const std::string& below, const ApiJson& body) const {
    return client_.patch(path(below), body);
  }
  ApiJson remove(const std::string& below, const Query& query = {}) const {
    return client_.remove(path(below), query);
  }

 private:
  ApiClient& client_;
  std::string id_;
};

}  // namespace cwrangler::cli
