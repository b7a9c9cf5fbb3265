#include "edge/store/accounts.h"

#include <openssl/rand.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "edge/store/blobs.h"

namespace cwrangler::edge {
namespace {

constexpr std::string_view kTokenPrefix = "cwe_";
constexpr const char* kAccountColumns = "SELECT id, name, subdomain, created FROM accounts ";
constexpr const char* kTokenColumns =
    "SELECT id, account, name, scopes, created, expires, revoked FROM tokens ";

Account account_of(const storage::Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.integer(3)};
}

Token token_of(const storage::Statement& row) {
  Token token{row.text(0), row.text(1), row.text(2), {}, row.integer(4), std::nullopt, false};
  token.scopes = nlohmann::json::parse(row.text(3)).get<Scopes>();
  if (!row.is_null(5)) token.expires = row.integer(5);
  token.is_revoked = !row.is_null(6);
  return token;
}

bool is_host_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool is_account_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == ' ';
  });
}

bool is_scope(std::string_view scope) {
  if (scope == kAllScopes) return true;
  const size_t colon = scope.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view access = scope.substr(colon + 1);
  return (access == "read" || access == "write") &&
         std::ranges::find(kScopeAreas, scope.substr(0, colon)) != std::end(kScopeAreas);
}

}  // namespace

std::string random_hex(size_t length) {
  std::vector<unsigned char> bytes(length);
  if (::RAND_bytes(bytes.data(), static_cast<int>(length)) != 1) {
    throw Error("the system has no random bytes");
  }
  return hex(bytes);
}

Account create_account(Work& work, const std::string& name) {
  if (!is_account_name(name)) {
    throw Error("\"" + name + "\" is no name of an account")
        .hint("Use 1 to 64 letters, digits, blanks, - and _.");
  }
  if (find_account(work, name)) throw Error("there is an account \"" + name + "\" already");
  Account account{random_hex(16), name, {}, now_ms()};
  account.subdomain = account.id.substr(0, 12);
  work.run("INSERT INTO accounts VALUES (?, ?, ?, ?)", account.id, account.name, account.subdomain,
           account.created);
  return account;
}

std::vector<Account> list_accounts(Work& work) {
  std::vector<Account> accounts;
  storage::Statement rows = work.query(std::string(kAccountColumns) + "ORDER BY created, id");
  while (rows.step()) accounts.push_back(account_of(rows));
  return accounts;
}

std::optional<Account> find_account(Work& work, std::string_view id_or_name) {
  storage::Statement row =
      work.query(std::string(kAccountColumns) + "WHERE id = ?1 OR name = ?1", id_or_name);
  if (!row.step()) return std::nullopt;
  return account_of(row);
}

void set_account_subdomain(Work& work, const std::string& account, const std::string& subdomain) {
  if (!is_host_label(subdomain)) {
    throw Error("\"" + subdomain + "\" is no part of a host name")
        .hint("Use 1 to 63 lower-case letters, digits and -.");
  }
  const auto owner = find_account_of_subdomain(work, subdomain);
  if (owner && owner->id != account) throw Error("the subdomain is taken");
  work.run("UPDATE accounts SET subdomain = ? WHERE id = ?", subdomain, account);
}

std::optional<Account> find_account_of_subdomain(Work& work, std::string_view subdomain) {
  storage::Statement row =
      work.query(std::string(kAccountColumns) + "WHERE subdomain = ?", subdomain);
  if (!row.step()) return std::nullopt;
  return account_of(row);
}

NewToken create_token(Work& work, const std::string& account, const std::string& name,
                      const Scopes& scopes, std::optional<std::int64_t> expires) {
  if (scopes.empty()) throw Error("a token needs a scope").hint("For everything: --scope '*'");
  for (const std::string& scope : scopes) {
    if (is_scope(scope)) continue;
    std::string areas;
    for (const std::string_view area : kScopeAreas) {
      areas += (areas.empty() ? "" : ", ") + std::string(area);
    }
    throw Error("\"" + scope + "\" is no scope")
        .hint("A scope is * or AREA:read or AREA:write, where AREA is one of " + areas + ".");
  }
  NewToken made;
  made.secret = std::string(kTokenPrefix) + random_hex(24);
  made.token = {random_hex(16), account, name, scopes, now_ms(), expires, false};
  work.run("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", made.token.id, account, name,
           sha256_hex(made.secret), nlohmann::json(scopes).dump(), made.token.created, expires);
  return made;
}

std::vector<Token> list_tokens(Work& work, std::string_view account) {
  std::vector<Token> tokens;
  storage::Statement rows = work.query(
      std::string(kTokenColumns) + "WHERE account = ?1 OR ?1 = '' ORDER BY created, id", account);
  while (rows.step()) tokens.push_back(token_of(rows));
  return tokens;
}

bool revoke_token(Work& work, std::string_view id) {
  work.run("UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL", now_ms(), id);
  return work.changes() == 1;
}

std::optional<Token> find_token(Work& work, std::string_view secret, std::int64_t now) {
  // The secret has 192 bits of randomness: its digest needs neither salt nor a slow function, and
  // a search for it in an index tells nothing.
  storage::Statement row = work.query(
      std::string(kTokenColumns) + "WHERE hash = ? AND revoked IS NULL", sha256_hex(secret));
  if (!row.step()) return std::nullopt;
  Token token = token_of(row);
  if (token.expires && *token.expires <= now) return std::nullopt;
  return token;
}

bool has_tokens(Work& work) {
  return work.query("SELECT 1 FROM tokens LIMIT 1").step();
}

bool allows(const Scopes& scopes, std::string_view area, bool writes) {
  return std::any_of(scopes.begin(), scopes.end(), [&](const std::string& scope) {
    if (scope == kAllScopes) return true;
    const size_t colon = scope.find(':');
    return std::string_view(scope).substr(0, colon) == area &&
           (!writes || std::string_view(scope).substr(colon + 1) == "write");
  });
}

void add_to_audit(Work& work, const AuditEntry& entry) {
  work.run(
      "INSERT INTO audit (at, account, token, client, method, path, status) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      entry.at, entry.account, entry.token, entry.client, entry.method, entry.path,
      std::int64_t{entry.status});
}

std::vector<AuditEntry> read_audit(Work& work, std::string_view account, std::int64_t count) {
  std::vector<AuditEntry> entries;
  storage::Statement rows = work.query(
      "SELECT at, account, token, client, method, path, status FROM audit "
      "WHERE account = ?1 OR ?1 = '' ORDER BY id DESC LIMIT ?2",
      account, count);
  while (rows.step()) {
    entries.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4),
                       rows.text(5), static_cast<int>(rows.integer(6))});
  }
  return entries;
}

}  // namespace cwrangler::edge
