// `cwrangler login` and `logout`: wrangler's login, made and ended here.

#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <thread>

#include "base/files.h"
#include "cli/api/curl_transport.h"
#include "cli/api/environment.h"
#include "cli/command/commands.h"
#include "cli/dev/hotkeys.h"
#include "cli/login/authorization.h"
#include "cli/login/callback_listener.h"
#include "cli/login/device_authorization.h"
#include "cli/login/scopes.h"
#include "cli/process/child_process.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

struct Flags {
  bool browser = true;
  bool list_scopes = false;
  bool device = false;
  std::vector<std::string> scopes;
  std::string callback_host = kCallbackHost;
  int callback_port = kCallbackPort;
};

/// wrangler's.
constexpr std::chrono::minutes kPatience{2};
/// Where the browser ends up: wrangler's own pages say that the terminal goes on.
constexpr const char* kGranted =
    "https://welcome.developers.workers.dev/wrangler-oauth-consent-granted";
constexpr const char* kDenied =
    "https://welcome.developers.workers.dev/wrangler-oauth-consent-denied";

void print_scopes(Terminal& terminal) {
  terminal.print("💁 Available scopes:");
  std::vector<std::vector<std::string>> rows;
  for (const Scope& scope : login_scopes()) {
    rows.push_back({std::string(scope.name), std::string(scope.meaning)});
  }
  terminal.print(boxed_table({"Scope", "Description"}, rows));
}

std::vector<std::string> chosen_scopes(const Flags& flags) {
  std::vector<std::string> all;
  for (const Scope& scope : login_scopes()) all.emplace_back(scope.name);
  for (const std::string& name : flags.scopes) {
    if (std::find(all.begin(), all.end(), name) != all.end()) continue;
    throw Error("There is no scope of this name: " + name)
        .exit_with(ExitCode::usage)
        .hint("`cwrangler login --scopes-list` lists them.");
  }
  return flags.scopes.empty() ? all : flags.scopes;
}

bool has_environment_credentials(const EnvironmentLookup& environment) {
  const auto given = [&environment](const char* name) {
    return !environment(name).value_or("").empty();
  };
  return given("CLOUDFLARE_API_TOKEN") || given("CF_API_TOKEN") ||
         ((given("CLOUDFLARE_API_KEY") || given("CF_API_KEY")) &&
          (given("CLOUDFLARE_EMAIL") || given("CF_EMAIL")));
}

fs::path require_login_file(const EnvironmentLookup& environment) {
  fs::path file = login_file(environment);
  if (file.empty()) {
    throw Error("There is no place for a login: neither HOME nor XDG_CONFIG_HOME is set");
  }
  return file;
}

/// Shows the page by the user's browser; nothing when there is no browser: the link is printed.
std::optional<ChildProcess> open_page(const std::string& url) {
  const std::string program = browser_program();
  if (program.empty()) return std::nullopt;
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ChildOptions child;
  child.arguments = {program, url};
  child.descriptors = {{nothing.get(), 0}, {nothing.get(), 1}, {nothing.get(), 2}};
  child.own_process_group = true;
  return ChildProcess::start(child);
}

/// Redeems what the browser came back with, and tells it how that went.
StoredLogin finish_login(Callback& callback, const LoginAttempt& attempt,
                         const AuthorizationServer& server, HttpTransport& transport,
                         const CommandContext& context) {
  std::map<std::string, std::string>& said = callback.parameters;
  if (said["error"] == "access_denied") {
    redirect(callback, kDenied);
    throw Error("Consent denied. You must grant consent in order to login.")
        .hint("CLOUDFLARE_API_TOKEN takes an API token in place of a login.");
  }
  try {
    if (!said["error"].empty() || said["code"].empty()) {
      const std::string& text = said["error_description"];
      const std::string& code = said["error"];
      throw Error("The login was refused: " + (code.empty()
                                                   ? std::string("there is no code in the answer")
                                               : text.empty() ? code
                                                              : text + " (" + code + ")"))
          .while_doing("logging in");
    }
    StoredLogin login = redeem_code(transport, server, attempt, said["code"], context.clock());
    redirect(callback, kGranted);
    return login;
  } catch (const Error& error) {
    if (callback.connection.valid()) show_failure(callback, error.problem());
    throw;
  }
}

/// A login by a browser that this machine cannot be reached from.
StoredLogin login_by_device(const Flags& flags, const std::vector<std::string>& scopes,
                            const EnvironmentLookup& environment, const CommandContext& context) {
  const AuthorizationServer server = authorization_server(environment);
  CurlTransport transport(network_settings(environment));
  const DeviceAuthorization given = request_device_codes(transport, server, scopes);
  Terminal& terminal = context.terminal;
  terminal.print(printable("To authorize cwrangler, please visit:\n\n  " + given.page +
                           "\n\nand enter the code:\n\n  " + given.user_code + "\n\nYou have " +
                           std::to_string(given.life.count()) +
                           " seconds to approve this request."));
  const bool shown = flags.browser && !browser_program().empty();
  if (shown) {
    terminal.print(printable("Opening a link in your default browser: " + given.page_with_code));
  }
  const auto browser = shown ? open_page(given.page_with_code) : std::nullopt;
  return wait_for_consent(transport, server, given, {context.clock, [](std::chrono::seconds time) {
                                                       std::this_thread::sleep_for(time);
                                                     }});
}

/// A login by a browser that comes back to this machine.
StoredLogin login_by_callback(const Flags& flags, const std::vector<std::string>& scopes,
                              const EnvironmentLookup& environment, const CommandContext& context) {
  const AuthorizationServer server = authorization_server(environment);
  const LoginAttempt attempt = start_login_attempt();
  const std::string page = authorize_page(server, attempt, scopes);
  CallbackListener listener(flags.callback_host, flags.callback_port);
  if (flags.callback_host != kCallbackHost || flags.callback_port != kCallbackPort) {
    context.terminal.print("Temporary login server listening on " + flags.callback_host + ":" +
                           std::to_string(flags.callback_port));
    context.terminal.print("Note that the OAuth login page will always redirect to `" +
                           std::string(kCallbackUrl) +
                           "`.\nIn a container, see to it that this port is forwarded, or log in "
                           "with --device.");
  }
  const bool shown = flags.browser && !browser_program().empty();
  context.terminal.print(
      (shown ? "Opening a link in your default browser: " : "Visit this link to authenticate: ") +
      page);
  const auto browser = shown ? open_page(page) : std::nullopt;
  Callback callback = listener.wait(attempt.state, kPatience);
  CurlTransport transport(network_settings(environment));
  return finish_login(callback, attempt, server, transport, context);
}

int login(const Flags& flags, const CommandContext& context) {
  if (flags.list_scopes) {
    print_scopes(context.terminal);
    return static_cast<int>(ExitCode::ok);
  }
  const std::vector<std::string> scopes = chosen_scopes(flags);
  const EnvironmentLookup environment =
      api_environment(context.options.directory, context.options.environment);
  if (has_environment_credentials(environment)) {
    throw Error("You are logged in with an API Token.")
        .hint("Unset CLOUDFLARE_API_TOKEN (or CLOUDFLARE_API_KEY) in the environment to log in.");
  }
  if (environment("CLOUDFLARE_COMPLIANCE_REGION").value_or("") == "fedramp_high") {
    throw Error("OAuth login is not supported in the `fedramp_high` compliance region.")
        .hint("Set CLOUDFLARE_API_TOKEN to an API token.");
  }
  const fs::path file = require_login_file(environment);
  context.terminal.print("Attempting to login via OAuth...");
  const StoredLogin login = flags.device ? login_by_device(flags, scopes, environment, context)
                                         : login_by_callback(flags, scopes, environment, context);
  const LoginLock lock(file);
  write_login(file, login);
  context.terminal.print("Successfully logged in.");
  return static_cast<int>(ExitCode::ok);
}

int logout(const CommandContext& context) {
  const EnvironmentLookup environment =
      api_environment(context.options.directory, context.options.environment);
  if (has_environment_credentials(environment)) {
    context.terminal.print(
        "You are logged in with an API Token. Unset the CLOUDFLARE_API_TOKEN in the environment "
        "to log out.");
    return static_cast<int>(ExitCode::ok);
  }
  const fs::path file = require_login_file(environment);
  if (!read_login(file)) {
    context.terminal.print("Not logged in, exiting...");
    return static_cast<int>(ExitCode::ok);
  }
  const LoginLock lock(file);
  if (const auto stored = read_login(file); stored && !stored->refresh_token.empty()) {
    CurlTransport transport(network_settings(environment));
    revoke_login(transport, authorization_server(environment), *stored);
  }
  remove_login(file);
  context.terminal.print("Successfully logged out.");
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_login_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("login", "Log in to Cloudflare by a browser");
  command->add_flag("--browser,!--no-browser", flags->browser,
                    "Open the page; --browser=false only shows its link");
  command->add_option("--scopes", flags->scopes, "Ask only for these; --scopes-list lists them");
  command->add_flag("--scopes-list", flags->list_scopes, "List what can be asked for");
  CLI::Option* device = command->add_flag(
      "--device", flags->device, "By a browser on any device, which gets a code to type in");
  command
      ->add_option("--callback-host", flags->callback_host,
                   "Where to wait for the browser, localhost by default")
      ->excludes(device);
  command->add_option("--callback-port", flags->callback_port, "Port to wait on, 8976 by default")
      ->check(CLI::Range(1, 65535))
      ->excludes(device);
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return login(*flags, context); }; });
}

void add_logout_command(CLI::App& program, CommandContext& context) {
  CLI::App* command = program.add_subcommand("logout", "End the login");
  command->callback([&context] { context.run = [&context] { return logout(context); }; });
}

}  // namespace cwrangler::cli
