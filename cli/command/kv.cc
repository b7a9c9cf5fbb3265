// `cwrangler kv namespace|key …`: key-value namespaces. `kv bulk` is in kv_bulk.cc.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/command/action.h"
#include "cli/command/kv_command.h"
#include "cli/command/kv_remote.h"
#include "cli/local/config_snippet.h"
#include "cli/terminal/prompt.h"
#include "storage/kv_checks.h"

namespace cwrangler::cli {
namespace {

using nlohmann::ordered_json;
using storage::Blob;
using storage::KvChange;
using storage::KvKey;
using storage::KvStore;

struct Flags : KvFlags {
  std::string key;
  std::string value;
  std::string path;
  std::string metadata;
  std::string prefix;
  std::string name;
  std::optional<int64_t> ttl;
  std::optional<int64_t> expiration;
  bool text = false;
  bool yes = false;
};

void print_location(const CommandContext& context, bool remote) {
  context.terminal.print(remote ? "Resource location: remote\n"
                                : "Resource location: local\n\nUse --remote if you want to access "
                                  "the remote instance.\n");
}

bool works_on_account(const Flags& flags, DefaultLocation otherwise) {
  return is_remote(flags.location, otherwise);
}

void write_out(std::string_view bytes) {
  std::cout.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// --- key ---

int put(const Flags& flags, const CommandContext& context) {
  const bool remote = works_on_account(flags, DefaultLocation::local);
  if (flags.value.empty() == flags.path.empty()) {
    throw Error("Exactly one of the arguments value and path is required")
        .exit_with(ExitCode::usage);
  }
  const KvCommand command(flags, context);
  const LocalNamespace space = command.space();
  const std::string content =
      flags.path.empty() ? flags.value : read_file(context.options.directory / flags.path);
  const KvChange change = storage::checked_put({flags.key, Blob(content.begin(), content.end()),
                                                flags.expiration, flags.ttl, flags.metadata},
                                               context.clock());
  print_location(context, remote);
  const std::string with =
      flags.metadata.empty() ? "." : " with metadata \"" + flags.metadata + "\".";
  context.terminal.print(flags.path.empty()
                             ? "Writing the value \"" + flags.value + "\" to key \"" + flags.key +
                                   "\" on namespace " + space.description() + with
                             : "Writing the contents of " + flags.path + " to the key \"" +
                                   flags.key + "\" on namespace " + space.description() + with);
  if (remote) {
    RemoteKv(command.config(), context)
        .put(space.id, {flags.key, content, flags.expiration, flags.ttl, flags.metadata});
  } else {
    command.open().apply({change});
  }
  return static_cast<int>(ExitCode::ok);
}

int get(const Flags& flags, const CommandContext& context) {
  const KvCommand command(flags, context);
  storage::check_kv_key(flags.key);
  if (works_on_account(flags, DefaultLocation::local)) {
    RemoteKv(command.config(), context).get(command.space().id, flags.key, &write_out);
    std::cout.flush();
    return static_cast<int>(ExitCode::ok);
  }
  const auto found = command.open().get(flags.key, milliseconds(context.clock()));
  if (!found) {
    throw Error("Value not found")
        .hint("`cwrangler kv key list` lists the keys of the local namespace.");
  }
  write_out({reinterpret_cast<const char*>(found->value.data()), found->value.size()});
  std::cout.flush();
  return static_cast<int>(ExitCode::ok);
}

int list(const Flags& flags, const CommandContext& context) {
  const KvCommand command(flags, context);
  if (works_on_account(flags, DefaultLocation::local)) {
    const auto found = RemoteKv(command.config(), context).keys(command.space().id, flags.prefix);
    context.terminal.print(
        ordered_json(found).dump(2, ' ', false, ordered_json::error_handler_t::replace));
    return static_cast<int>(ExitCode::ok);
  }
  constexpr size_t kPage = 1000;
  ordered_json keys = ordered_json::array();
  KvStore store = command.open();
  std::string after;
  for (;;) {
    const std::vector<KvKey> page =
        store.list(flags.prefix, after, kPage, milliseconds(context.clock()));
    for (const KvKey& key : page) {
      ordered_json entry{{"name", key.name}};
      if (key.expiration_ms) entry["expiration"] = *key.expiration_ms / 1000;
      if (key.metadata) entry["metadata"] = ordered_json::parse(*key.metadata, nullptr, false);
      keys.push_back(std::move(entry));
    }
    if (page.size() < kPage) break;
    after = page.back().name;
  }
  context.terminal.print(keys.dump(2, ' ', false, ordered_json::error_handler_t::replace));
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  const bool remote = works_on_account(flags, DefaultLocation::local);
  const KvCommand command(flags, context);
  storage::check_kv_key(flags.key);
  print_location(context, remote);
  context.terminal.print("Deleting the key \"" + flags.key + "\" on namespace " +
                         command.space().description() + ".");
  if (remote) {
    RemoteKv(command.config(), context).remove(command.space().id, flags.key);
  } else {
    command.open().apply({{{{flags.key, {}, {}}, {}}, true}});
  }
  return static_cast<int>(ExitCode::ok);
}

// --- namespace ---

int create_namespace(const Flags& flags, const CommandContext& context) {
  const KvCommand command(flags, context);
  const std::string title = flags.name + (flags.space.preview ? "_preview" : "");
  context.terminal.print("🌀 Creating namespace with title \"" + title + "\"");
  std::string id;
  if (works_on_account(flags, DefaultLocation::remote)) {
    id = RemoteKv(command.config(), context).create(title);
  } else {
    id = new_namespace_id();
    const KvStore made(command.state(), id);
  }
  context.terminal.print(
      "✨ Success!\nTo access your new KV Namespace in your Worker, add the following snippet to "
      "your configuration file:");
  context.terminal.print(config_snippet(
      command.config(), "kv_namespaces",
      {{"binding", binding_name(flags.name)}, {flags.space.preview ? "preview_id" : "id", id}}));
  return static_cast<int>(ExitCode::ok);
}

int list_namespaces(const Flags& flags, const CommandContext& context) {
  const KvCommand command(flags, context);
  if (works_on_account(flags, DefaultLocation::remote)) {
    const auto found = RemoteKv(command.config(), context).namespaces();
    context.terminal.print(
        ordered_json(found).dump(2, ' ', false, ordered_json::error_handler_t::replace));
    return static_cast<int>(ExitCode::ok);
  }
  ordered_json all = ordered_json::array();
  for (const LocalNamespace& space : local_namespaces(command.config(), command.state())) {
    all.push_back({{"id", space.id}, {"title", space.binding.empty() ? space.id : space.binding}});
  }
  context.terminal.print(all.dump(2));
  return static_cast<int>(ExitCode::ok);
}

int delete_namespace(const Flags& flags, const CommandContext& context) {
  const bool remote = works_on_account(flags, DefaultLocation::remote);
  const KvCommand command(flags, context);
  const LocalNamespace space = command.space();
  const std::string what = remote ? "" : "local data of the ";
  if (!flags.yes && !confirm(context.terminal, "Ok to delete the " + what + "namespace " +
                                                   space.description() + "?")) {
    return static_cast<int>(ExitCode::ok);
  }
  context.terminal.print("Deleting KV namespace " + space.id + ".");
  if (remote) {
    RemoteKv(command.config(), context).remove_namespace(space.id);
  } else {
    remove_namespace(space, command.state());
  }
  context.terminal.print("Deleted KV namespace " + space.id + ".");
  return static_cast<int>(ExitCode::ok);
}

using Action = int (*)(const Flags&, const CommandContext&);

void add_key_commands(CLI::App& kv, CommandContext& context, const std::shared_ptr<Flags>& flags) {
  CLI::App* group = kv.add_subcommand("key", "One key of a namespace");
  group->require_subcommand(1);
  const auto with_key = [&](const std::string& name, const std::string& help, Action action) {
    CLI::App* command = add_action(*group, context, flags, name, help, action);
    command->add_option("key", flags->key, "The key")->required();
    add_kv_flags(*command, *flags);
    return command;
  };
  CLI::App* command = with_key("put", "Write a value", put);
  command->add_option("value", flags->value, "The value");
  command->add_option("--path", flags->path, "File with the value");
  command->add_option("--ttl", flags->ttl, "Seconds until it expires");
  command->add_option("--expiration", flags->expiration, "When it expires, seconds since 1970");
  command->add_option("--metadata", flags->metadata, "JSON to keep with the value");
  with_key("get", "Print a value", get)
      ->add_flag("--text", flags->text, "The value is text; printed as it is either way");
  with_key("delete", "Delete a value", remove);
  command = add_action(*group, context, flags, "list", "List the keys", list);
  command->add_option("--prefix", flags->prefix, "Only keys that begin so");
  add_kv_flags(*command, *flags);
}

void add_namespace_commands(CLI::App& kv, CommandContext& context,
                            const std::shared_ptr<Flags>& flags) {
  CLI::App* group = kv.add_subcommand("namespace", "Namespaces");
  group->require_subcommand(1);
  CLI::App* command = add_action(*group, context, flags, "create", "Create one", create_namespace);
  command->add_option("namespace", flags->name, "Its name")->required();
  command->add_flag("--preview", flags->space.preview, "For local runs");
  add_location_flags(*command, flags->location);
  command = add_action(*group, context, flags, "list", "List them", list_namespaces);
  add_location_flags(*command, flags->location);
  command =
      add_action(*group, context, flags, "delete", "Delete one and its data", delete_namespace);
  add_kv_flags(*command, *flags);
  command->add_flag("-y,--skip-confirmation,--yes", flags->yes, "Do not ask");
}

}  // namespace

void add_kv_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* kv = program.add_subcommand("kv", "Work with KV namespaces");
  kv->require_subcommand(1);
  add_namespace_commands(*kv, context, flags);
  add_key_commands(*kv, context, flags);
  add_kv_bulk_command(*kv, context);
}

}  // namespace cwrangler::cli
