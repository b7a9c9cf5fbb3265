// `cwrangler versions secret put|delete|list|bulk`: a new version of a Worker with other secrets,
// which gets no traffic until it is deployed.

#include "cli/command/versions_secret.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/files.h"
#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/deploy_options.h"
#include "cli/command/worker_target.h"
#include "cli/deploy/versions.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/secret_prompt.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string name;
  std::string key;
  std::string file;
  std::string message;
  std::string tag;
  bool latest_version = false;
};

/// The code by which the API says that a Worker has no version yet.
constexpr int kNoVersions = 10222;

/// Names, and their values; null takes one away.
ApiJson changes_of(const std::vector<std::pair<std::string, std::optional<std::string>>>& secrets) {
  ApiJson changes = ApiJson::object();
  for (const auto& [name, value] : secrets) {
    changes[name] = value ? ApiJson{{"type", "secret_text"}, {"text", *value}} : ApiJson(nullptr);
  }
  return changes;
}

/// Makes a version that differs from the latest by these secrets. Its id.
std::string patch_latest_version(WorkerTarget& target, const ApiJson& changes, const Flags& flags,
                                 const std::string& message) {
  ApiJson annotations{{"workers/message", flags.message.empty() ? message : flags.message}};
  if (!flags.tag.empty()) annotations["workers/tag"] = flags.tag;
  const std::string body = ApiJson{{"env", changes}, {"annotations", annotations}}.dump(
      -1, ' ', false, ApiJson::error_handler_t::replace);
  ApiCall call;
  call.method = "PATCH";
  call.path = target.account().path("/workers/workers/" + percent_encoded(target.name()) +
                                    "/versions/latest");
  call.body = body;
  call.content_type = "application/merge-patch+json";
  // Each makes one more version.
  call.retry = Retry::never;
  try {
    return string_at(target.account().client().call(call), "id");
  } catch (const ApiError& error) {
    if (!error.has_code(kNoVersions)) throw;
    throw Error(
        "There are currently no uploaded versions of this Worker. Please upload a version before "
        "modifying a secret.")
        .hint("`cwrangler versions upload` uploads one.");
  }
}

void print_success(Terminal& terminal, const std::string& version, const std::string& with) {
  terminal.print(printable("✨ Success! Created version " + version + " with " + with +
                           ".\n➡️  `cwrangler versions deploy " + version +
                           "` gives it the traffic."));
}

int put(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  const std::string value = ask_secret(context.terminal, "Enter a secret value:");
  context.terminal.print("🌀 Creating the secret for the Worker \"" + target.name() + "\"");
  const std::string version = patch_latest_version(target, changes_of({{flags.key, value}}), flags,
                                                   "Updated secret \"" + flags.key + "\"");
  print_success(context.terminal, version, "secret " + flags.key);
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  if (!confirm(context.terminal, "Are you sure you want to permanently delete the secret " +
                                     flags.key + " on the Worker " + target.name() + "?")) {
    return static_cast<int>(ExitCode::ok);
  }
  context.terminal.print("🌀 Deleting the secret " + flags.key + " on the Worker " + target.name());
  const std::string version = patch_latest_version(target, changes_of({{flags.key, std::nullopt}}),
                                                   flags, "Deleted secret \"" + flags.key + "\"");
  print_success(context.terminal, version, "deleted secret " + flags.key);
  return static_cast<int>(ExitCode::ok);
}

int bulk(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  const bool piped = flags.file.empty() || flags.file == "-";
  const std::string source = piped ? "the standard input" : flags.file;
  const std::string text = piped ? std::string{std::istreambuf_iterator<char>(std::cin), {}}
                                 : read_file(context.options.directory / flags.file);
  const auto secrets = parse_secrets(text, source);
  if (secrets.empty()) {
    throw Error("No content found in " + source).hint("It is a JSON object, or NAME=value lines.");
  }
  context.terminal.print("🌀 Creating the secrets for the Worker \"" + target.name() + "\"");
  const std::string count = std::to_string(secrets.size()) + " secrets";
  const std::string version =
      patch_latest_version(target, changes_of(secrets), flags, "Bulk updated " + count);
  for (const auto& [name, value] : secrets) {
    context.terminal.print(printable((value ? "✨ Successfully created secret for key: "
                                            : "💥 Successfully deleted secret for key: ") +
                                     name));
  }
  print_success(context.terminal, version, count);
  return static_cast<int>(ExitCode::ok);
}

void print_secrets(const ApiJson& version, double percentage, Terminal& terminal) {
  terminal.print(printable("-- Version " + string_at(version, "id") + " (" +
                           shown_percentage(percentage) + ") secrets --"));
  for (const ApiJson& binding : array_at(object_at(version, "resources"), "bindings")) {
    if (string_at(binding, "type") != "secret_text") continue;
    terminal.print(printable("Secret Name: " + string_at(binding, "name")));
  }
  terminal.print("");
}

int list(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  WorkerVersions versions(target.account(), target.name());
  const std::vector<ApiJson> deployments = versions.deployments();
  std::vector<VersionShare> shares;
  if (!deployments.empty()) shares = shares_of(deployments.front());
  if (flags.latest_version) {
    const std::vector<ApiJson> uploaded = versions.versions();
    if (uploaded.empty()) {
      throw Error("There are currently no uploaded versions of this Worker")
          .hint("`cwrangler versions upload` uploads one.");
    }
    VersionShare latest{string_at(uploaded.front(), "id"), 0};
    for (const VersionShare& share : shares) {
      if (share.version_id == latest.version_id) latest = share;
    }
    shares = {latest};
  }
  for (const VersionShare& share : shares) {
    print_secrets(versions.version(share.version_id), share.percentage, context.terminal);
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_versions_secret_commands(CLI::App& versions, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = versions.add_subcommand("secret", "Secrets of a version without traffic");
  group->require_subcommand(1);
  CLI::App* list_command = add_action(*group, context, flags, "list", "List their names", list);
  add_name_flag(*list_command, flags->name);
  list_command->add_flag("--latest-version", flags->latest_version,
                         "Of the latest version, in place of those with traffic");
  CLI::App* put_command =
      add_action(*group, context, flags, "put", "A version with one more, or another value", put);
  CLI::App* remove_command =
      add_action(*group, context, flags, "delete", "A version without one", remove);
  for (CLI::App* command : {put_command, remove_command}) {
    command->add_option("key", flags->key, "Its name in env")->required();
  }
  CLI::App* bulk_command =
      add_action(*group, context, flags, "bulk", "A version with many set and deleted", bulk);
  bulk_command->add_option(
      "file", flags->file,
      "JSON object (null deletes) or NAME=value lines; without: standard input");
  for (CLI::App* command : {put_command, remove_command, bulk_command}) {
    add_name_flag(*command, flags->name);
    command->add_option("--message", flags->message, "What the version is about");
    command->add_option("--tag", flags->tag, "A name for it");
  }
}

}  // namespace cwrangler::cli
