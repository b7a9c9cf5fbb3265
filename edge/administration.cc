#include "edge/administration.h"

#include <cstdio>

#include "edge/backup.h"
#include "edge/endpoint.h"
#include "edge/store/accounts.h"
#include "edge/store/workers.h"

namespace cwrangler::edge {
namespace {

void print(const std::string& line) {
  std::printf("%s\n", line.c_str());
}

Account account_of(Work& work, const std::string& id_or_name) {
  if (id_or_name.empty()) {
    const std::vector<Account> accounts = list_accounts(work);
    return accounts.empty() ? create_account(work, "default") : accounts.front();
  }
  const auto account = find_account(work, id_or_name);
  if (!account) {
    throw Error("there is no account \"" + id_or_name + "\"")
        .hint("cwrangler edge account list shows them.");
  }
  return *account;
}

/// The id of an account that was named; empty: none was.
std::string chosen_account(Work& work, const std::string& id_or_name) {
  return id_or_name.empty() ? std::string() : account_of(work, id_or_name).id;
}

void create_token_command(const EdgeCommands& commands) {
  Database database(data_folder(commands.options));
  Work work = database.write();
  const TokenOptions& options = commands.token;
  const Account account = account_of(work, options.account);
  std::optional<std::int64_t> expires;
  if (options.days) expires = now_ms() + std::int64_t{*options.days} * 24 * 60 * 60 * 1000;
  const Scopes scopes = options.scopes.empty() ? Scopes{std::string(kAllScopes)} : options.scopes;
  const NewToken made = create_token(work, account.id, options.name, scopes, expires);
  work.commit();
  // The token alone on standard output, so that a script can take it.
  std::fprintf(stderr, "A token for the account %s (%s); it is shown this once:\n",
               account.name.c_str(), account.id.c_str());
  print(made.secret);
}

Json token_json(const Token& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"account", token.account},
          {"scopes", token.scopes},
          {"created_on", api_time(token.created)},
          {"expires_on", token.expires ? Json(api_time(*token.expires)) : Json()},
          {"status", token.is_revoked                              ? "revoked"
                     : token.expires && *token.expires <= now_ms() ? "expired"
                                                                   : "active"}};
}

void list_tokens_command(const EdgeCommands& commands) {
  Database database(data_folder(commands.options));
  Work work = database.read();
  Json list = Json::array();
  for (const Token& token : list_tokens(work, chosen_account(work, commands.token.account))) {
    list.push_back(token_json(token));
  }
  if (commands.as_json) {
    print(list.dump(2));
    return;
  }
  if (list.empty()) print("There are no tokens. cwrangler edge token create NAME makes one.");
  for (const Json& token : list) {
    std::string scopes;
    for (const std::string scope : token["scopes"]) scopes += (scopes.empty() ? "" : " ") + scope;
    print(token["id"].get<std::string>() + "  " + token["status"].get<std::string>() + "  " +
          token["name"].get<std::string>() + "  (" + scopes + ")");
  }
}

void revoke_token_command(const EdgeCommands& commands) {
  Database database(data_folder(commands.options));
  Work work = database.write();
  if (!revoke_token(work, commands.token.id)) {
    throw Error("there is no token \"" + commands.token.id + "\" that could be revoked")
        .hint("cwrangler edge token list shows them.");
  }
  work.commit();
  print("Revoked.");
}

void create_account_command(const EdgeCommands& commands) {
  Database database(data_folder(commands.options));
  Work work = database.write();
  // The first one is the machine's own, whoever comes after.
  account_of(work, {});
  const Account account = create_account(work, commands.account_name);
  work.commit();
  print(account.id);
}

void list_accounts_command(const EdgeCommands& commands) {
  Database database(data_folder(commands.options));
  Work work = database.read();
  Json list = Json::array();
  for (const Account& account : list_accounts(work)) {
    list.push_back({{"id", account.id},
                    {"name", account.name},
                    {"subdomain", account.subdomain},
                    {"created_on", api_time(account.created)}});
    if (!commands.as_json) print(account.id + "  " + account.name);
  }
  if (commands.as_json) print(list.dump(2));
}

void show_audit_command(const EdgeCommands& commands) {
  Database database(data_folder(commands.options));
  Work work = database.read();
  Json list = Json::array();
  const std::string account = chosen_account(work, commands.token.account);
  for (const AuditEntry& entry : read_audit(work, account, commands.audit_count)) {
    list.push_back({{"at", api_time(entry.at)},
                    {"account", entry.account},
                    {"token", entry.token},
                    {"client", entry.client},
                    {"method", entry.method},
                    {"path", entry.path},
                    {"status", entry.status}});
    if (commands.as_json) continue;
    print(api_time(entry.at) + "  " + std::to_string(entry.status) + "  " + entry.client + "  " +
          (entry.token.empty() ? "-" : entry.token) + "  " + entry.method + " " + entry.path);
  }
  if (commands.as_json) print(list.dump(2));
}

}  // namespace

void set_administration(EdgeCommands& commands) {
  commands.create_token = [&] { create_token_command(commands); };
  commands.list_tokens = [&] { list_tokens_command(commands); };
  commands.revoke_token = [&] { revoke_token_command(commands); };
  commands.create_account = [&] { create_account_command(commands); };
  commands.list_accounts = [&] { list_accounts_command(commands); };
  commands.show_audit = [&] { show_audit_command(commands); };
  commands.backup = [&] { write_backup(data_folder(commands.options), commands.archive); };
  commands.restore = [&] { read_backup(commands.archive, data_folder(commands.options)); };
}

}  // namespace cwrangler::edge
