// `cwrangler dev`: serves the project on this machine and reloads it when its files change.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "cli/api/environment.h"
#include "cli/command/program.h"
#include "cli/command/worker_flags.h"
#include "cli/dev/account_access.h"
#include "cli/dev/outbound_map.h"
#include "cli/dev/session.h"
#include "cli/packages/editor_links.h"
#include "cli/types/project_types.h"

namespace cwrangler::cli {
namespace {

/// More than a machine for development has use for.
constexpr unsigned kMostInstances = 64;

struct Flags {
  WorkerFlags worker;
  BundlerFlags bundler;
  std::optional<int> port;
  std::optional<int> inspector_port;
  std::string inspector_ip;
  std::string ip;
  std::string host;
  std::string local_upstream;
  std::string upstream_protocol;
  std::string local_protocol;
  std::string log_level;
  std::string key_path;
  std::string certificate_path;
  std::string python;
  std::string persist_to;
  std::vector<std::string> variables;
  std::vector<std::string> env_files;
  std::vector<std::string> outbound_map;
  unsigned instances = 1;
  bool no_sync = false;
  bool test_scheduled = false;
  bool live_reload = false;
  bool local = false;
  bool remote = false;
  bool tunnel = false;
  bool types = false;
  bool interactive = true;
};

std::vector<std::pair<std::string, std::string>> parse_variables(
    const std::vector<std::string>& arguments) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const std::string& argument : arguments) {
    const size_t colon = argument.find(':');
    if (colon == std::string::npos || colon == 0) {
      // The text is not repeated: it may be a secret whose name was forgotten.
      throw Error("--var takes NAME:value").exit_with(ExitCode::usage);
    }
    variables.emplace_back(argument.substr(0, colon), argument.substr(colon + 1));
  }
  return variables;
}

ProjectOptions project_options(const Flags& flags, const CommandContext& context) {
  ProjectOptions options;
  options.config = {context.options.directory, context.options.config_file,
                    context.options.environment, config_overrides(flags.worker, context)};
  options.python_version = flags.python;
  options.variables = parse_variables(flags.variables);
  for (const std::string& file : flags.env_files) {
    options.env_files.push_back(context.options.directory / file);
  }
  options.clock = context.clock;
  return options;
}

/// The messages are wrangler's.
Protocol protocol_of(const Flags& flags, const Config& config, const CommandContext& context) {
  Protocol protocol;
  protocol.https =
      flags.local_protocol.empty() ? config.dev_https : flags.local_protocol == "https";
  if (flags.key_path.empty() != flags.certificate_path.empty()) {
    throw Error("Must specify both certificate path and key path to use a Custom Certificate.")
        .exit_with(ExitCode::usage)
        .hint("Give --https-key-path and --https-cert-path.");
  }
  if (!protocol.https || flags.key_path.empty()) return protocol;
  const auto file = [&context](const std::string& path, const char* what) {
    std::filesystem::path full = context.options.directory / path;
    if (!std::filesystem::is_regular_file(full)) {
      throw Error(std::string("Missing Custom Certificate ") + what + " at " + full.string());
    }
    return full;
  };
  protocol.key = file(flags.key_path, "Key");
  protocol.certificate = file(flags.certificate_path, "File");
  return protocol;
}

std::filesystem::path runtime_program() {
  std::filesystem::path program = sibling_program("cwrangler-runtime");
  if (program.empty()) {
    throw Error("cwrangler-runtime is not where it was installed, beside cwrangler")
        .hint("Reinstall cwrangler.");
  }
  return program;
}

/// What wrangler's `dev` can do elsewhere and this one cannot.
void refuse_elsewhere(const Flags& flags) {
  if (flags.remote) {
    throw Error("--remote runs the Worker at Cloudflare, which cwrangler dev does not")
        .hint("Leave it out to run the Worker here, or use `wrangler dev --remote`.")
        .exit_with(ExitCode::usage);
  }
  if (flags.tunnel) {
    throw Error("cwrangler dev opens no tunnel")
        .hint("`cloudflared tunnel --url http://localhost:8787` beside it does.")
        .exit_with(ExitCode::usage);
  }
}

DevOverrides dev_overrides(const Flags& flags, const CommandContext& context) {
  DevOverrides overrides;
  if (!flags.persist_to.empty()) {
    overrides.persist_to = context.options.directory / flags.persist_to;
  }
  overrides.host = flags.host.empty() ? flags.local_upstream : flags.host;
  overrides.upstream_protocol = flags.upstream_protocol;
  overrides.test_scheduled = flags.test_scheduled;
  overrides.live_reload = flags.live_reload;
  if (!flags.local) {
    const EnvironmentLookup environment =
        api_environment(context.options.directory, context.options.environment);
    overrides.account = [environment, clock = context.clock](const Config& config) {
      return account_access(config, environment, clock());
    };
  }
  return overrides;
}

/// As `cwrangler types` without flags does. The same values are given by the command line.
void update_types(const ProjectOptions& project) {
  TypesRequest request;
  request.config = project.config;
  request.env_files = project.env_files;
  const ProjectTypes made = project_types(request);
  write_types(made.stub, made.root / kTypesFile);
}

int dev(const Flags& flags, const CommandContext& context) {
  if (const auto level = parse_log_level(flags.log_level)) context.terminal.set_level(*level);
  refuse_elsewhere(flags);
  if (flags.inspector_port || !flags.inspector_ip.empty()) {
    context.terminal.print_warning(
        "There is no inspector to listen: --inspector-port and --inspector-ip have no effect.");
  }
  const ProjectOptions project = project_options(flags, context);
  const DevOverrides overrides = dev_overrides(flags, context);
  const std::map<std::string, std::string> outbound_map = parse_outbound_map(flags.outbound_map);
  // Read once more than needed, for the address: a configuration that is wrong is told first.
  const Config config = load_config(project.config);

  update_editor_links(config.directory);

  SessionOptions session;
  session.ip = !flags.ip.empty() ? flags.ip : !config.dev_ip.empty() ? config.dev_ip : "localhost";
  session.port = flags.port;
  if (!session.port && config.dev_port > 0) session.port = config.dev_port;
  session.protocol = protocol_of(flags, config, context);
  session.instances = flags.instances;
  session.sync = !flags.no_sync;
  session.keys = flags.interactive;
  session.runtime = runtime_program();
  session.sync_command = {"/proc/self/exe", "sync", "--config", config.path.string()};
  if (!context.options.environment.empty()) {
    session.sync_command.insert(session.sync_command.end(), {"--env", context.options.environment});
  }
  session.load = [&] {
    DevProject loaded = dev_project(load_project(project), overrides);
    loaded.worker.outbound_map = outbound_map;
    if (flags.types) update_types(project);
    return loaded;
  };
  return run_session(session, context.terminal);
}

}  // namespace

void add_dev_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("dev", "Run the Worker on this machine");
  add_worker_flags(*command, flags->worker, "script");
  command->add_option("--port", flags->port, "Port to listen on (default: 8787, or the next free)")
      ->check(CLI::Range(0, 65535));
  command->add_option("--ip", flags->ip, "Address to listen on (default: localhost)");
  command
      ->add_option("--local-protocol", flags->local_protocol,
                   "What clients speak: http or https (default: http)")
      ->check(CLI::IsMember({"http", "https"}));
  command->add_option("--https-key-path", flags->key_path,
                      "Key for https, PEM (default: one made for this machine)");
  command->add_option("--https-cert-path", flags->certificate_path, "Its certificate, PEM");
  command->add_option("--host", flags->host,
                      "Host of request.url (default: that of the first route)");
  command
      ->add_option("--upstream-protocol", flags->upstream_protocol,
                   "Protocol of request.url: http or https (default: as clients connect)")
      ->check(CLI::IsMember({"http", "https"}));
  command->add_flag("--test-scheduled", flags->test_scheduled,
                    "GET /__scheduled?cron=... runs the scheduled handler");
  command->add_option("--python", flags->python,
                      "Python version instead of the configuration's: 3.12, 3.13 or 3.14");
  command->add_option("--persist-to", flags->persist_to,
                      "Folder of local data (default: .wrangler/state)");
  command->add_option("--var", flags->variables, "NAME:value in env, in place of the files'")
      ->allow_extra_args(false);
  command->add_option("--env-file", flags->env_files, "File of secrets, in place of .dev.vars")
      ->allow_extra_args(false);
  command
      ->add_option("--outbound-map", flags->outbound_map,
                   "HOST=URL: requests and connections to HOST go to the server at URL")
      ->allow_extra_args(false);
  command
      ->add_option("--show-interactive-dev-session", flags->interactive,
                   "Whether keys are read, where there is a terminal")
      ->capture_default_str();
  command->add_option("--log-level", flags->log_level, "How much is printed (default: log)")
      ->check(CLI::IsMember(std::vector<std::string>(kLogLevels.begin(), kLogLevels.end())));
  command
      ->add_option("--instances", flags->instances,
                   "How many instances of the Worker answer, each with globals of its own")
      ->check(CLI::Range(1U, kMostInstances))
      ->capture_default_str();
  command->add_flag("--no-sync", flags->no_sync, "Do not install packages");
  command->add_flag("--live-reload", flags->live_reload,
                    "HTML pages load themselves again when the code was replaced");
  command->add_flag("--types", flags->types, "Keep the types of env up to date");
  command->add_flag("-l,--local", flags->local, "Nothing of the account is used");
  command->add_option("--local-upstream", flags->local_upstream)->group(kUnlisted);
  command->add_flag("-r,--remote", flags->remote)->group(kUnlisted);
  command->add_flag("--tunnel", flags->tunnel)->group(kUnlisted);
  command->add_option("--inspector-port", flags->inspector_port)
      ->check(CLI::Range(0, 65535))
      ->group(kUnlisted);
  command->add_option("--inspector-ip", flags->inspector_ip)->group(kUnlisted);
  add_bundler_flags(*command, flags->bundler);
  command->callback([flags, command, &context] {
    context.run = [flags, command, &context] {
      warn_of_bundler_flags(*command, flags->bundler, context.terminal);
      return dev(*flags, context);
    };
  });
}

}  // namespace cwrangler::cli
