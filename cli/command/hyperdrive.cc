// `cwrangler hyperdrive …`: the account's pools of connections to databases.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/ascii.h"
#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/api_session.h"
#include "cli/command/hyperdrive_origin.h"
#include "cli/local/config_snippet.h"
#include "cli/local/resource_location.h"
#include "cli/terminal/secret_prompt.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kConfigs = "/hyperdrive/configs";
constexpr std::array kSslModes{"require",  "verify-ca", "verify-full",
                               "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"};

struct Flags {
  std::string id;
  std::string name;
  OriginFlags origin;
  bool caching_disabled = false;
  std::optional<int> max_age;
  std::optional<int> stale;
  std::string authority;
  std::string certificate;
  std::string ssl_mode;
  std::optional<int> connections;
};

class HyperdriveCommand {
 public:
  explicit HyperdriveCommand(const CommandContext& context)
      : config_(load_config_or_none(
            {context.options.directory, context.options.config_file, context.options.environment})),
        session_(context, &config_) {}

  const Config& config() const { return config_; }
  const Account& account() { return session_.account(); }
  static std::string path(const std::string& id) {
    return std::string(kConfigs) + "/" + percent_encoded(id);
  }

 private:
  const Config config_;
  ApiSession session_;
};

/// Without what no answer should have, and nobody should read over a shoulder.
std::string dumped(ApiJson json) {
  if (json.is_object() && json.contains("origin") && json["origin"].is_object()) {
    json["origin"].erase("password");
    json["origin"].erase("access_client_secret");
  }
  return json.dump(2, ' ', false, ApiJson::error_handler_t::replace);
}

std::string shown_scheme(const std::string& scheme) {
  if (scheme == "mysql") return "MySQL";
  return scheme == "postgres" || scheme == "postgresql" ? "PostgreSQL" : "";
}

/// The secrets that are not to stand on a command line, where others of the machine can read them:
/// "-" in their place asks for them, or reads them from a pipe.
OriginFlags asked(OriginFlags flags, Terminal& terminal) {
  const auto ask = [&terminal](std::string& value, const char* question) {
    if (value == "-") value = ask_secret(terminal, question);
  };
  ask(flags.connection_string, "Enter the connection string:");
  ask(flags.password, "Enter the password of the database's user:");
  ask(flags.access_secret, "Enter the client secret of the Access token:");
  return flags;
}

ApiJson body_of(const Flags& flags, const ApiJson& origin) {
  ApiJson body = ApiJson::object();
  if (!flags.name.empty()) body["name"] = flags.name;
  if (!origin.is_null()) body["origin"] = origin;
  ApiJson caching = ApiJson::object();
  if (flags.caching_disabled) caching["disabled"] = true;
  if (flags.max_age) caching["max_age"] = *flags.max_age;
  if (flags.stale) caching["stale_while_revalidate"] = *flags.stale;
  if (!caching.empty()) body["caching"] = caching;
  ApiJson certificates = ApiJson::object();
  if (!flags.authority.empty()) certificates["ca_certificate_id"] = flags.authority;
  if (!flags.certificate.empty()) certificates["mtls_certificate_id"] = flags.certificate;
  if (!flags.ssl_mode.empty()) certificates["sslmode"] = flags.ssl_mode;
  if (!certificates.empty()) body["mtls"] = certificates;
  if (flags.connections) body["origin_connection_limit"] = *flags.connections;
  return body;
}

int create(const Flags& flags, const CommandContext& context) {
  const ApiJson origin = origin_json(asked(flags.origin, context.terminal), /*is_whole=*/true);
  HyperdriveCommand command(context);
  context.terminal.print("🚧 Creating '" + flags.name + "'");
  const ApiJson made = command.account().post(kConfigs, body_of(flags, origin));
  const std::string id = string_at(made, "id");
  context.terminal.print(
      "✅ Created new Hyperdrive " + shown_scheme(string_at(object_at(made, "origin"), "scheme")) +
      " config: " + printable(id) +
      "\nTo access your new Hyperdrive Config in your Worker, add the following "
      "snippet to your configuration file:\n" +
      config_snippet(command.config(), "hyperdrive", {{"binding", "HYPERDRIVE"}, {"id", id}}));
  return static_cast<int>(ExitCode::ok);
}

std::string shown_caching(const ApiJson& config) {
  const ApiJson caching = object_at(config, "caching");
  if (!caching.contains("disabled")) return "enabled";
  if (true_at(caching, "disabled")) return "disabled";
  const auto stale = integer_at(caching, "stale_while_revalidate");
  return "max_age: " + std::to_string(integer_at(caching, "max_age").value_or(0)) +
         ", stale_while_revalidate: " +
         (stale.value_or(0) == 0 ? "disabled" : std::to_string(*stale));
}

int list(const Flags&, const CommandContext& context) {
  HyperdriveCommand command(context);
  context.terminal.print("📋 Listing Hyperdrive configs");
  std::vector<std::vector<std::string>> rows;
  const Account& account = command.account();
  const auto number = [](const ApiJson& object, const char* key) {
    const auto found = integer_at(object, key);
    return found ? std::to_string(*found) : std::string();
  };
  for (const ApiJson& config : account.client().list(account.path(kConfigs))) {
    const ApiJson origin = object_at(config, "origin");
    const ApiJson& certificates = value_at(config, "mtls");
    rows.push_back({string_at(config, "id"), string_at(config, "name"), string_at(origin, "user"),
                    string_at(origin, "host"), number(origin, "port"),
                    shown_scheme(string_at(origin, "scheme")), string_at(origin, "database"),
                    shown_caching(config), certificates.is_null() ? "" : certificates.dump(),
                    number(config, "origin_connection_limit")});
  }
  context.terminal.print(boxed_table({"id", "name", "user", "host", "port", "scheme", "database",
                                      "caching", "mtls", "origin_connection_limit"},
                                     rows));
  return static_cast<int>(ExitCode::ok);
}

int get(const Flags& flags, const CommandContext& context) {
  HyperdriveCommand command(context);
  context.terminal.print(dumped(command.account().get(HyperdriveCommand::path(flags.id))));
  return static_cast<int>(ExitCode::ok);
}

int update(const Flags& flags, const CommandContext& context) {
  const ApiJson origin = origin_json(asked(flags.origin, context.terminal), /*is_whole=*/false);
  const ApiJson body = body_of(flags, origin);
  if (body.empty()) {
    throw Error("Nothing is to be changed.")
        .exit_with(ExitCode::usage)
        .hint("`cwrangler hyperdrive update --help` shows what can be.");
  }
  HyperdriveCommand command(context);
  context.terminal.print("🚧 Updating '" + flags.id + "'");
  const ApiJson updated = command.account().patch(HyperdriveCommand::path(flags.id), body);
  context.terminal.print("✅ Updated " + printable(string_at(updated, "id")) +
                         " Hyperdrive config\n" + dumped(updated));
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  HyperdriveCommand command(context);
  context.terminal.print("🗑️ Deleting Hyperdrive database config " + flags.id);
  command.account().remove(HyperdriveCommand::path(flags.id));
  context.terminal.print("✅ Deleted");
  return static_cast<int>(ExitCode::ok);
}

using FlagsRef = std::shared_ptr<Flags>;

/// MySQL's modes are written in capitals, whatever the user writes.
std::string ssl_mode(const std::string& text) {
  for (const char* known : kSslModes) {
    if (ascii_lower(std::string(known)) == ascii_lower(text)) return known;
  }
  return text;
}

void add_origin_flags(CLI::App& command, OriginFlags& origin) {
  const char* const asks = "; - asks for it, or reads it from standard input";
  CLI::Option* const whole =
      command.add_option("--connection-string", origin.connection_string,
                         std::string("protocol://user:password@host:port/database") + asks);
  const auto part = [&](const char* name, auto& value, const std::string& help) {
    CLI::Option* const option = command.add_option(name, value, help);
    option->excludes(whole);
    return option;
  };
  CLI::Option* const service = part("--service-id", origin.service, "Workers VPC service of it");
  CLI::Option* const host = part("--origin-host,--host", origin.host, "Host of the database");
  CLI::Option* const port = part("--origin-port,--port", origin.port, "Its port");
  port->check(CLI::Range(1, 65535));
  part("--origin-scheme,--scheme", origin.scheme, "postgresql or mysql")
      ->check(CLI::IsMember({"postgres", "postgresql", "mysql"}));
  part("--database", origin.database, "Name of the database");
  part("--origin-user,--user", origin.user, "Who connects to it");
  part("--origin-password,--password", origin.password, std::string("That user's password") + asks);
  CLI::Option* const id = part("--access-client-id", origin.access_id, "Id of an Access token");
  CLI::Option* const secret =
      part("--access-client-secret", origin.access_secret, std::string("Its secret") + asks);
  service->excludes(host)->excludes(port)->excludes(id)->excludes(secret);
  port->excludes(id)->excludes(secret);
}

void add_pool_flags(CLI::App& command, const FlagsRef& flags) {
  command.add_flag("--caching-disabled", flags->caching_disabled, "Keep no answers");
  command.add_option("--max-age", flags->max_age, "Seconds for which answers are kept");
  command.add_option("--swr", flags->stale, "Seconds for which a stale answer is given meanwhile");
  command.add_option("--ca-certificate-id,--ca-certificate-uuid", flags->authority,
                     "Certificate authority of the database, uploaded before");
  command.add_option("--mtls-certificate-id,--mtls-certificate-uuid", flags->certificate,
                     "Client certificate to show it, uploaded before");
  command
      .add_option("--sslmode", flags->ssl_mode,
                  "require, verify-ca, verify-full; MySQL: REQUIRED, VERIFY_CA, VERIFY_IDENTITY")
      ->transform(ssl_mode)
      ->check(CLI::IsMember(std::vector<std::string>(kSslModes.begin(), kSslModes.end())));
  command.add_option("--origin-connection-limit", flags->connections,
                     "Connections to the database, at most");
}

}  // namespace

void add_hyperdrive_command(CLI::App& program, CommandContext& context) {
  CLI::App* group =
      program.add_subcommand("hyperdrive", "Work with the account's pools of database connections");
  group->require_subcommand(1);
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_action(*group, context, flags, "create", "Create one", create);
  command->add_option("name", flags->name, "Its name")->required();
  add_origin_flags(*command, flags->origin);
  add_pool_flags(*command, flags);
  add_action(*group, context, flags, "list", "List them", list);
  const auto with_id = [&](const char* name, const char* help, auto action) {
    CLI::App* const named = add_action(*group, context, flags, name, help, action);
    named->add_option("id", flags->id, "Its id")->required();
    return named;
  };
  with_id("get", "Show one", get);
  command = with_id("update", "Change one", update);
  command->add_option("--name", flags->name, "Its new name");
  add_origin_flags(*command, flags->origin);
  add_pool_flags(*command, flags);
  with_id("delete", "Delete one", remove);
}

}  // namespace cwrangler::cli
