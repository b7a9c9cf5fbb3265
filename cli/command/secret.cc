// `cwrangler secret put|list|delete|bulk`: what a deployed Worker keeps to itself.

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/files.h"
#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/deploy_options.h"
#include "cli/command/worker_target.h"
#include "cli/config/utc_time.h"
#include "cli/deploy/deployment.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/secret_prompt.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string name;
  std::string key;
  std::string file;
  std::string format = "json";
};

/// What a new Worker answers until its code is deployed.
constexpr const char* kPlaceholder =
    "from workers import Response, WorkerEntrypoint\n\n\n"
    "class Default(WorkerEntrypoint):\n"
    "    async def fetch(self, request):\n"
    "        return Response(\"Not deployed yet\", status=404)\n";

/// A secret needs a Worker to belong to.
void create_placeholder(WorkerTarget& target, const CommandContext& context) {
  context.terminal.print("🌀 Creating new Worker \"" + target.name() + "\"...");
  const ApiJson metadata{{"main_module", "entry.py"},
                         {"bindings", ApiJson::array()},
                         {"compatibility_date", utc_date(context.clock())},
                         {"compatibility_flags", {"python_workers"}},
                         {"logpush", false}};
  MultipartForm form =
      upload_form(metadata, {{"entry.py", "python", "text/x-python", kPlaceholder}});
  ApiCall call;
  call.method = "PUT";
  call.path = target.account().path(worker_path(target.name()));
  call.content_type = form.content_type();
  call.body = form.finish();
  target.account().client().call(call);
}

/// Runs `change`; where there is no such Worker, makes one first if the user wants that. False: not
/// wanted.
template <class Change>
bool with_worker(WorkerTarget& target, const CommandContext& context, const Change& change) {
  try {
    change();
    return true;
  } catch (const ApiError& error) {
    if (!says_no_such_worker(error)) throw;
  }
  if (!confirm(context.terminal, "There doesn't seem to be a Worker called \"" + target.name() +
                                     "\". Do you want to create a new Worker with that name and "
                                     "add secrets to it?")) {
    context.terminal.print("Aborting. No secrets added.");
    return false;
  }
  create_placeholder(target, context);
  change();
  return true;
}

int put(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  const ApiJson body{{"name", flags.key},
                     {"text", ask_secret(context.terminal, "Enter a secret value:")},
                     {"type", "secret_text"}};
  context.terminal.print("🌀 Creating the secret for the Worker \"" + target.name() + "\"");
  const bool done = with_worker(
      target, context, [&] { target.account().put(worker_path(target.name(), "/secrets"), body); });
  if (done) context.terminal.print("✨ Success! Uploaded secret " + flags.key);
  return static_cast<int>(ExitCode::ok);
}

int list(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  const ApiJson secrets = target.account().get(worker_path(target.name(), "/secrets"));
  if (flags.format == "json") {
    context.terminal.print(secrets.dump(2, ' ', false, ApiJson::error_handler_t::replace));
    return static_cast<int>(ExitCode::ok);
  }
  if (secrets.is_array()) {
    for (const ApiJson& secret : secrets) {
      context.terminal.print(printable("Secret Name: " + string_at(secret, "name")) + "\n");
    }
  }
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  if (!confirm(context.terminal, "Are you sure you want to permanently delete the secret " +
                                     flags.key + " on the Worker " + target.name() + "?")) {
    return static_cast<int>(ExitCode::ok);
  }
  context.terminal.print("🌀 Deleting the secret " + flags.key + " on the Worker " + target.name());
  target.account().remove(worker_path(target.name(), "/secrets/" + percent_encoded(flags.key)),
                          {{"url_encoded", "true"}});
  context.terminal.print("✨ Success! Deleted secret " + flags.key);
  return static_cast<int>(ExitCode::ok);
}

std::string bulk_text(const Flags& flags, const CommandContext& context) {
  if (flags.file.empty() || flags.file == "-") {
    return {std::istreambuf_iterator<char>(std::cin), {}};
  }
  return read_file(context.options.directory / flags.file);
}

int bulk(const Flags& flags, const CommandContext& context) {
  WorkerTarget target(flags.name, context);
  const std::string source = flags.file.empty() ? "the standard input" : flags.file;
  const auto secrets = parse_secrets(bulk_text(flags, context), source);
  if (secrets.empty()) {
    throw Error("No content found in " + source).hint("It is a JSON object, or NAME=value lines.");
  }
  ApiJson changes = ApiJson::object();
  for (const auto& [name, value] : secrets) {
    changes[name] = value ? ApiJson{{"name", name}, {"text", *value}, {"type", "secret_text"}}
                          : ApiJson(nullptr);
  }
  Terminal& terminal = context.terminal;
  terminal.print("🌀 Processing the secrets for the Worker \"" + target.name() + "\"");
  const std::string body = ApiJson{{"secrets", changes}}.dump();
  const bool done = with_worker(target, context, [&] {
    ApiCall call;
    call.method = "PATCH";
    call.path = target.account().path(worker_path(target.name(), "/secrets-bulk"));
    call.body = body;
    call.content_type = "application/merge-patch+json";
    target.account().client().call(call);
  });
  if (!done) return static_cast<int>(ExitCode::ok);
  size_t created = 0;
  for (const auto& [name, value] : secrets) {
    created += value ? 1 : 0;
    terminal.print(value ? "✨ Successfully created secret for key: " + name
                         : "💥 Successfully deleted secret for key: " + name);
  }
  terminal.print("\nFinished processing secrets file:");
  const size_t deleted = secrets.size() - created;
  if (deleted > 0) terminal.print("💥 " + std::to_string(deleted) + " secrets successfully deleted");
  if (created > 0) terminal.print("✨ " + std::to_string(created) + " secrets successfully created");
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_secret_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = program.add_subcommand("secret", "Secrets of a deployed Worker");
  group->require_subcommand(1);
  CLI::App* command = add_action(*group, context, flags, "put", "Set one", put);
  command->add_option("key", flags->key, "Its name in env")->required();
  add_name_flag(*command, flags->name);
  command = add_action(*group, context, flags, "list", "List their names", list);
  add_name_flag(*command, flags->name);
  command->add_option("--format", flags->format, "json or pretty")
      ->check(CLI::IsMember({"json", "pretty"}))
      ->capture_default_str();
  command = add_action(*group, context, flags, "delete", "Delete one", remove);
  command->add_option("key", flags->key, "Its name in env")->required();
  add_name_flag(*command, flags->name);
  command = add_action(*group, context, flags, "bulk", "Set and delete many at once", bulk);
  command->add_option("file", flags->file,
                      "JSON object (null deletes) or NAME=value lines; without: standard input");
  add_name_flag(*command, flags->name);
}

}  // namespace cwrangler::cli
