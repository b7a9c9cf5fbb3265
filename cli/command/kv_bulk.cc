// `cwrangler kv bulk put|get|delete FILE`: many keys at once, from and to JSON.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/command/kv_command.h"
#include "cli/command/kv_remote.h"
#include "cli/terminal/prompt.h"
#include "storage/kv_checks.h"

namespace cwrangler::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using storage::Blob;
using storage::KvChange;

/// How many entries share one transaction.
constexpr size_t kGroup = 1000;

struct Flags : KvFlags {
  std::string file;
  bool yes = false;
};

json read_list(const Flags& flags, const CommandContext& context) {
  const auto path = context.options.directory / flags.file;
  json list = json::parse(read_file(path), nullptr, false);
  if (list.is_discarded() || !list.is_array()) {
    throw Error("Unexpected JSON input from \"" + flags.file + "\". Expected an array.");
  }
  return list;
}

/// A key: the entry itself, or its "name".
std::string key_of(const json& entry) {
  const json& name = entry.is_object() && entry.contains("name") ? entry["name"] : entry;
  if (!name.is_string()) throw Error("a key is expected, and this is none: " + entry.dump());
  return name.get<std::string>();
}

/// The bytes of RFC 4648's base64. Throws Error for anything else.
Blob decode_base64(const std::string& text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Blob bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=' || c == '\n') continue;
    const size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) throw Error("a value that is marked as base64 is none");
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<uint8_t>(bits >> count));
    }
  }
  return bytes;
}

std::optional<int64_t> seconds_of(const json& entry, const char* name) {
  const auto found = entry.find(name);
  if (found == entry.end() || found->is_null()) return std::nullopt;
  if (!found->is_number_integer()) {
    throw Error(std::string("\"") + name + "\" is no whole number in " + entry.dump());
  }
  return found->get<int64_t>();
}

KvChange change_of(const json& entry, const CommandContext& context) {
  const bool has_key = entry.is_object() && entry.contains("key") && entry["key"].is_string();
  if (!has_key || !entry.contains("value") || !entry["value"].is_string()) {
    throw Error(
        "Each entry needs a string \"key\" and a string \"value\", and this one does not: " +
        entry.dump());
  }
  storage::KvPut put;
  put.key = entry["key"].get<std::string>();
  const auto value = entry["value"].get<std::string>();
  const bool is_base64 = entry.value("base64", json(false)) == json(true);
  put.value = is_base64 ? decode_base64(value) : Blob(value.begin(), value.end());
  put.expiration = seconds_of(entry, "expiration");
  put.ttl = seconds_of(entry, "expiration_ttl");
  const auto metadata = entry.find("metadata");
  if (metadata != entry.end() && !metadata->is_null()) put.metadata = metadata->dump();
  return storage::checked_put(put, context.clock());
}

void write_in_groups(storage::KvStore store, const std::vector<KvChange>& changes) {
  for (size_t begin = 0; begin < changes.size(); begin += kGroup) {
    const size_t end = std::min(begin + kGroup, changes.size());
    store.apply({changes.begin() + static_cast<ptrdiff_t>(begin),
                 changes.begin() + static_cast<ptrdiff_t>(end)});
  }
}

int put(const Flags& flags, const CommandContext& context) {
  const KvCommand command(flags, context);
  // All are looked at before the first is written.
  std::vector<KvChange> changes;
  const json entries = read_list(flags, context);
  for (const json& entry : entries) changes.push_back(change_of(entry, context));
  if (is_remote(flags.location, DefaultLocation::local)) {
    RemoteKv(command.config(), context).put_all(command.space().id, ApiJson(entries));
  } else {
    write_in_groups(command.open(), changes);
  }
  context.terminal.print("Success!");
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  const KvCommand command(flags, context);
  std::vector<KvChange> changes;
  for (const json& entry : read_list(flags, context)) {
    changes.push_back({{{key_of(entry), {}, {}}, {}}, true});
    storage::check_kv_key(changes.back().entry.key.name);
  }
  if (!flags.yes &&
      !confirm(context.terminal, "Are you sure you want to delete all the keys read from \"" +
                                     flags.file + "\" from kv-namespace with id \"" +
                                     command.space().id + "\"?")) {
    return static_cast<int>(ExitCode::ok);
  }
  if (is_remote(flags.location, DefaultLocation::local)) {
    std::vector<std::string> names;
    for (const KvChange& change : changes) names.push_back(change.entry.key.name);
    RemoteKv(command.config(), context).remove_all(command.space().id, names);
  } else {
    write_in_groups(command.open(), changes);
  }
  context.terminal.print("Success!");
  return static_cast<int>(ExitCode::ok);
}

int get(const Flags& flags, const CommandContext& context) {
  const KvCommand command(flags, context);
  ordered_json values = ordered_json::object();
  if (is_remote(flags.location, DefaultLocation::local)) {
    RemoteKv remote(command.config(), context);
    for (const json& entry : read_list(flags, context)) {
      const std::string key = key_of(entry);
      const auto found = remote.find(command.space().id, key);
      values[key] = found ? ordered_json{{"value", *found}} : ordered_json(nullptr);
    }
    context.terminal.print(values.dump(2, ' ', false, ordered_json::error_handler_t::replace));
    return static_cast<int>(ExitCode::ok);
  }
  storage::KvStore store = command.open();
  for (const json& entry : read_list(flags, context)) {
    const std::string key = key_of(entry);
    const auto found = store.get(key, milliseconds(context.clock()));
    values[key] = nullptr;
    if (found) values[key] = {{"value", std::string(found->value.begin(), found->value.end())}};
  }
  context.terminal.print(values.dump(2, ' ', false, ordered_json::error_handler_t::replace));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_kv_bulk_command(CLI::App& kv, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = kv.add_subcommand("bulk", "Many keys of a namespace");
  group->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& help,
                       int (*action)(const Flags&, const CommandContext&)) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("file", flags->file, "JSON file")->required();
    add_kv_flags(*command, *flags);
    command->callback([flags, &context, action] {
      context.run = [flags, &context, action] { return action(*flags, context); };
    });
    return command;
  };
  add("put", "Write [{key, value, …}, …]", put);
  add("get", "Print the values of [key, …]", get);
  add("delete", "Delete [key, …]", remove)->add_flag("-y,--force,--yes", flags->yes, "Do not ask");
}

}  // namespace cwrangler::cli
