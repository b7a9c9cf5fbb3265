// `cwrangler whoami`: whom the API takes the user for.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/api/environment.h"
#include "cli/api/identity.h"
#include "cli/command/api_session.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string account;
  bool json = false;
};

ApiJson identity_json(const Identity& identity) {
  ApiJson json{{"loggedIn", true}, {"authType", identity.credential_type}};
  if (!identity.email.empty()) json["email"] = identity.email;
  json["accounts"] = ApiJson::array();
  for (const AccountName& account : identity.accounts) {
    json["accounts"].push_back({{"id", account.id}, {"name", account.name}});
  }
  return json;
}

void print_identity(const Identity& identity, const Credentials& credentials,
                    const std::string& account, Terminal& terminal) {
  const bool vowel = identity.credential_type.find_first_of("AEIOU") == 0;
  std::string line =
      "👋 You are logged in with " + std::string(vowel ? "an " : "a ") + identity.credential_type;
  line += identity.email.empty() ? "." : ", associated with the email " + identity.email + ".";
  terminal.print(printable(line));
  terminal.print("ℹ️  The credentials are read from " + credentials.source + ".");
  if (!credentials.scopes.empty()) {
    std::string scopes = "🔓 The login may be used for:";
    for (const std::string& scope : credentials.scopes) scopes += "\n- " + scope;
    terminal.print(printable(scopes));
  }
  std::vector<std::vector<std::string>> rows;
  for (const AccountName& known : identity.accounts) {
    if (account.empty() || known.id == account || known.name == account) {
      rows.push_back({known.name, known.id});
    }
  }
  terminal.print(rows.empty() ? "No account can be seen with them."
                              : boxed_table({"Account Name", "Account ID"}, rows));
}

int whoami(const Flags& flags, const CommandContext& context) {
  const EnvironmentLookup environment =
      api_environment(context.options.directory, context.options.environment);
  // An end of the login is no matter yet: the session renews it.
  const RenewLogin as_it_is = [](const std::filesystem::path& file) {
    return read_login(file).value_or(StoredLogin());
  };
  if (!find_credentials(environment, context.clock(), as_it_is)) {
    if (flags.json) {
      context.terminal.print(ApiJson{{"loggedIn", false}}.dump(4));
    } else {
      context.terminal.print("You are not authenticated.");
    }
    throw no_credentials_error();
  }
  ApiSession session(context, nullptr);
  if (!flags.json) context.terminal.print("Getting User settings...");
  const Identity identity = find_identity(session.client());
  if (flags.json) {
    context.terminal.print(
        identity_json(identity).dump(4, ' ', false, ApiJson::error_handler_t::replace));
  } else {
    print_identity(identity, session.client().credentials(), flags.account, context.terminal);
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_whoami_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("whoami", "Say whom the API takes you for, and your accounts");
  command->add_flag("--json", flags->json, "As one JSON object");
  command->add_option("--account", flags->account, "Show only the account of this id or name");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return whoami(*flags, context); }; });
}

}  // namespace cwrangler::cli
