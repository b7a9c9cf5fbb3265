#include "edge/command_line.h"

namespace cwrangler::edge {
namespace {

using EdgeCommandsRef = std::shared_ptr<EdgeCommands>;

void add_data(CLI::App& app, EdgeOptions& options) {
  app.add_option("--data", options.data,
                 "Folder of everything that is deployed and stored (default: "
                 "$XDG_DATA_HOME/cwrangler/edge)")
      ->envname("CWRANGLER_EDGE_DATA");
}

void add_serving_options(CLI::App& app, EdgeOptions& options) {
  app.add_option("--ip", options.ip,
                 "Address to listen on; other than loopback needs a token and a certificate, or a "
                 "proxy in front")
      ->capture_default_str();
  app.add_option("--api-port", options.api_port, "Port of the API; 0 takes a free one")
      ->capture_default_str();
  app.add_option("--port", options.port, "Port of the deployed Workers; 0 takes a free one")
      ->capture_default_str();
  app.add_option("--domain", options.domain, "Workers answer at NAME.DOMAIN")
      ->capture_default_str();
  CLI::Option* const certificate =
      app.add_option("--certificate", options.certificate, "PEM file: speak HTTPS with it");
  CLI::Option* const key = app.add_option("--key", options.key, "Its key, PEM");
  certificate->needs(key);
  key->needs(certificate);
  app.add_flag("--allow-private-addresses", options.allow_private_addresses,
               "Let Workers reach loopback and private networks");
  app.add_flag("--accept-snapshots", options.accept_snapshots,
               "Have cwrangler deploy make a Worker's memory snapshot and send it: for a machine "
               "that is slower than its clients");
  app.add_option("--idle", options.idle_seconds,
                 "Seconds without a request after which a Worker's process ends")
      ->capture_default_str();
  app.add_option("--max-processes", options.most_processes,
                 "How many Workers run at once; further ones end the one that is idle for longest")
      ->capture_default_str();
  app.add_option("--spares", options.spare_processes,
                 "Processes that are ready for the next Worker that has to start")
      ->capture_default_str();
  app.add_option("--memory", options.memory_mb, "Most memory of a Worker's process, in MiB")
      ->capture_default_str();
  app.add_option("--cache", options.cache_mb,
                 "Most disk for an account's memory snapshots and compiled code, in MiB: a Worker "
                 "without its snapshot takes some hundred milliseconds more to start")
      ->capture_default_str();
  app.add_option("--body", options.body_mb, "Largest body of a request to a Worker, in MiB")
      ->capture_default_str();
  app.add_option("--concurrency", options.concurrency, "Requests of one Worker at once")
      ->capture_default_str();
  app.add_option("--script-size", options.script_mb, "Largest upload of modules, in MiB")
      ->capture_default_str();
}

CLI::App* add(CLI::App& parent, const EdgeCommandsRef& commands, const char* name, const char* help,
              std::function<void()> EdgeCommands::*action) {
  CLI::App* const command = parent.add_subcommand(name, help);
  add_data(*command, commands->options);
  command->final_callback([commands, action] {
    if ((*commands).*action) ((*commands).*action)();
  });
  return command;
}

void add_tokens(CLI::App& app, const EdgeCommandsRef& commands) {
  CLI::App* const token = app.add_subcommand("token", "API tokens: who may do what");
  token->require_subcommand(1);
  CLI::App* const create = add(*token, commands, "create", "Make a token and print it: this once",
                               &EdgeCommands::create_token);
  create->add_option("name", commands->token.name, "What it is for")->required();
  create->add_option("--account", commands->token.account, "Account, by name or id");
  create->add_option("--scope", commands->token.scopes,
                     "What it may do: AREA:read or AREA:write, or * (the default); repeatable");
  create->add_option("--days", commands->token.days, "After how many days it expires");
  CLI::App* const list =
      add(*token, commands, "list", "Show the tokens", &EdgeCommands::list_tokens);
  list->add_option("--account", commands->token.account, "Of this account only");
  list->add_flag("--json", commands->as_json, "Print JSON");
  add(*token, commands, "revoke", "End a token, at once", &EdgeCommands::revoke_token)
      ->add_option("id", commands->token.id, "Its id, as token list shows it")
      ->required();
}

void add_accounts(CLI::App& app, const EdgeCommandsRef& commands) {
  CLI::App* const account = app.add_subcommand("account", "Accounts, which do not see each other");
  account->require_subcommand(1);
  add(*account, commands, "create", "Make an account", &EdgeCommands::create_account)
      ->add_option("name", commands->account_name, "Its name")
      ->required();
  add(*account, commands, "list", "Show the accounts", &EdgeCommands::list_accounts)
      ->add_flag("--json", commands->as_json, "Print JSON");
}

}  // namespace

void add_edge_command_line(CLI::App& app, const EdgeCommandsRef& commands) {
  app.require_subcommand(0, 1);
  add_data(app, commands->options);
  add_serving_options(app, commands->options);
  add_tokens(app, commands);
  add_accounts(app, commands);
  CLI::App* const audit = add(app, commands, "audit", "Show the last changes through the API",
                              &EdgeCommands::show_audit);
  audit->add_option("--count", commands->audit_count, "How many")->capture_default_str();
  audit->add_option("--account", commands->token.account, "Of this account only");
  audit->add_flag("--json", commands->as_json, "Print JSON");
  add(app, commands, "backup", "Write everything into one file, while the endpoint runs or not",
      &EdgeCommands::backup)
      ->add_option("file", commands->archive, "A .tar.gz file that is not there yet")
      ->required();
  add(app, commands, "restore", "Read a backup into an empty folder", &EdgeCommands::restore)
      ->add_option("file", commands->archive, "A backup")
      ->required();
  app.final_callback([&app, commands] {
    if (app.get_subcommands().empty() && commands->serve) commands->serve();
  });
}

}  // namespace cwrangler::edge
