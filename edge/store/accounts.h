// Accounts, the tokens that act for them, and the record of what was done with these.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/store/database.h"

namespace cwrangler::edge {

struct Account {
  std::string id;  ///< 32 hexadecimal digits
  std::string name;
  std::string subdomain;  ///< its Workers are at NAME.SUBDOMAIN.DOMAIN
  std::int64_t created = 0;
};

/// What a token may do with which kind of resource: "workers:read", "d1:write", "*". Writing
/// includes reading.
using Scopes = std::vector<std::string>;

inline constexpr std::string_view kAllScopes = "*";
/// What can stand before the colon of a scope.
inline constexpr std::string_view kScopeAreas[] = {
    "account", "workers", "kv", "d1", "r2", "queues", "workflows", "vectorize", "hyperdrive"};

struct Token {
  std::string id;
  std::string account;
  std::string name;
  Scopes scopes;
  std::int64_t created = 0;
  std::optional<std::int64_t> expires;
  bool is_revoked = false;
};

struct NewToken {
  Token token;
  std::string secret;  ///< what a client sends; it is kept nowhere
};

struct AuditEntry {
  std::int64_t at = 0;
  std::string account;
  std::string token;  ///< the token's id; empty: none was needed
  std::string client;
  std::string method;
  std::string path;
  int status = 0;
};

/// Throws Error for a name that is taken, or no name (1-64 letters, digits, -, _ or blanks).
Account create_account(Work& work, const std::string& name);
std::vector<Account> list_accounts(Work& work);
std::optional<Account> find_account(Work& work, std::string_view id_or_name);
/// Throws Error for one that is taken or no host label.
void set_account_subdomain(Work& work, const std::string& account, const std::string& subdomain);
std::optional<Account> find_account_of_subdomain(Work& work, std::string_view subdomain);

/// Throws Error for scopes that there are not, none among them.
NewToken create_token(Work& work, const std::string& account, const std::string& name,
                      const Scopes& scopes, std::optional<std::int64_t> expires);
std::vector<Token> list_tokens(Work& work, std::string_view account);
/// False when there is no such token, or it was revoked before.
bool revoke_token(Work& work, std::string_view id);
/// The token of this secret; nothing when there is none, or it was revoked or has expired.
std::optional<Token> find_token(Work& work, std::string_view secret, std::int64_t now);
bool has_tokens(Work& work);

/// Whether the scopes allow to read, or to write, resources of this area.
bool allows(const Scopes& scopes, std::string_view area, bool writes);

void add_to_audit(Work& work, const AuditEntry& entry);
/// The last `count`, the newest first.
std::vector<AuditEntry> read_audit(Work& work, std::string_view account, std::int64_t count);

/// `length` bytes of the system's randomness as hexadecimal digits.
std::string random_hex(size_t length);

}  // namespace cwrangler::edge
