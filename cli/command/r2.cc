// `cwrangler r2 bucket …`: R2 buckets. `r2 object` is in r2_object.cc.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>

#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/r2_command.h"
#include "cli/command/r2_remote.h"
#include "cli/local/config_snippet.h"
#include "storage/state_layout.h"

namespace cwrangler::cli {

R2Project::R2Project(const LocationFlags& flags, const CommandContext& context)
    : config(load_config_or_none(
          {context.options.directory, context.options.config_file, context.options.environment})),
      state(state_directory(flags, config, context.options.directory)) {}

void check_bucket_name(const std::string& name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  constexpr size_t kShortest = 3;
  constexpr size_t kLongest = 63;
  if (name.size() < kShortest || name.size() > kLongest || name.front() == '-' ||
      name.back() == '-' || !std::all_of(name.begin(), name.end(), is_allowed)) {
    throw Error("The bucket name \"" + name +
                "\" is invalid. Bucket names must begin and end with an alphanumeric character, "
                "only contain lowercase letters, numbers, and hyphens, and be between 3 and 63 "
                "characters long.")
        .exit_with(ExitCode::usage);
  }
}

namespace {

namespace fs = std::filesystem;

struct Flags {
  LocationFlags location;
  std::string name;
  std::string place;
  std::string storage_class;
  std::string jurisdiction;
  bool json = false;
};

bool is_on_account(const Flags& flags) {
  return is_remote(flags.location, DefaultLocation::remote);
}

/// With its jurisdiction, as messages name it.
std::string full_name(const Flags& flags) {
  return flags.jurisdiction.empty() ? flags.name : flags.name + " (" + flags.jurisdiction + ")";
}

RemoteR2 on_account(const Flags& flags, const CommandContext& context, const Config& config) {
  return {config, context, flags.jurisdiction};
}

Config config_of(const CommandContext& context) {
  return load_config_or_none(
      {context.options.directory, context.options.config_file, context.options.environment});
}

/// "name:   value" lines with the values below each other.
std::string labelled(const std::vector<std::pair<std::string, std::string>>& values) {
  size_t widest = 0;
  for (const auto& [label, value] : values) widest = std::max(widest, label.size());
  std::string text;
  for (const auto& [label, value] : values) {
    text += (text.empty() ? "" : "\n") + label + ":" + std::string(widest - label.size() + 2, ' ') +
            printable(value);
  }
  return text;
}

/// "1.5 kB": three digits, in thousands, as wrangler shows sizes.
std::string pretty_bytes(std::int64_t bytes) {
  constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g %s", value, kUnits[unit]);
  return text.data();
}

/// Those of the configuration, and those that have files here.
std::set<std::string> local_buckets(const R2Project& project) {
  std::set<std::string> names;
  for (const ConfiguredBinding& binding : project.config.bindings) {
    if (binding.binding.type != "r2_bucket") continue;
    names.insert(binding.local.value("bucket_name", binding.binding.name));
  }
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(project.state / "r2", none)) {
    if (fs::is_directory(entry.path() / "blobs")) names.insert(entry.path().filename());
  }
  return names;
}

/// What R2 says of one that is not there.
void require_bucket(const R2Project& project, const std::string& name) {
  if (fs::exists(storage::r2_file(project.state, name)) || local_buckets(project).contains(name)) {
    return;
  }
  throw Error("The specified bucket does not exist.")
      .hint("`cwrangler r2 bucket list --local` lists those that are here.");
}

void print_snippet(const Flags& flags, const Config& config, Terminal& terminal) {
  terminal.print(
      "To access your new R2 Bucket in your Worker, add the following snippet to your "
      "configuration "
      "file:\n" +
      config_snippet(config, "r2_buckets",
                     {{"bucket_name", flags.name}, {"binding", binding_name(flags.name)}}));
}

int create_on_account(const Flags& flags, const CommandContext& context) {
  if (!flags.jurisdiction.empty() && !flags.place.empty()) {
    throw Error("Provide either a jurisdiction or location hint - not both.")
        .exit_with(ExitCode::usage);
  }
  const Config config = config_of(context);
  context.terminal.print("Creating bucket '" + full_name(flags) + "'...");
  on_account(flags, context, config).create({flags.name, flags.place, flags.storage_class});
  context.terminal.print("✅ Created bucket '" + full_name(flags) + "' with" +
                         (flags.place.empty() ? "" : " location hint " + flags.place + " and") +
                         " default storage class of " +
                         (flags.storage_class.empty() ? "Standard" : flags.storage_class) + ".");
  print_snippet(flags, config, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

int create(const Flags& flags, const CommandContext& context) {
  check_bucket_name(flags.name);
  if (is_on_account(flags)) return create_on_account(flags, context);
  const R2Project project(flags.location, context);
  context.terminal.print("Creating bucket '" + flags.name + "'...");
  const storage::R2Bucket made(project.state, flags.name);
  context.terminal.print("✅ Created bucket '" + flags.name + "' in local state.");
  print_snippet(flags, project.config, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

int list_on_account(const Flags& flags, const CommandContext& context) {
  const Config config = config_of(context);
  context.terminal.print("Listing buckets...");
  std::string text;
  for (const ApiJson& bucket : on_account(flags, context, config).buckets()) {
    text += (text.empty() ? "" : "\n\n") +
            labelled({{"name", string_at(bucket, "name")},
                      {"creation_date", string_at(bucket, "creation_date")}});
  }
  context.terminal.print(text);
  return static_cast<int>(ExitCode::ok);
}

int list(const Flags& flags, const CommandContext& context) {
  if (is_on_account(flags)) return list_on_account(flags, context);
  const R2Project project(flags.location, context);
  context.terminal.print("Listing buckets...");
  for (const std::string& name : local_buckets(project)) {
    context.terminal.print("name: " + name);
  }
  return static_cast<int>(ExitCode::ok);
}

int info_on_account(const Flags& flags, const CommandContext& context) {
  const Config config = config_of(context);
  if (!flags.json) context.terminal.print("Getting info for '" + flags.name + "'...");
  const ApiJson info = on_account(flags, context, config).info(flags.name);
  const auto text = [&info](const char* key) {
    const std::string found = string_at(info, key);
    return found.empty() ? "(unknown)" : found;
  };
  const std::vector<std::pair<std::string, std::string>> values{
      {"name", text("name")},
      {"created", text("creation_date")},
      {"location", text("location")},
      {"default_storage_class", text("storage_class")},
      {"object_count", std::to_string(integer_at(info, "object_count").value_or(0))},
      {"bucket_size", pretty_bytes(integer_at(info, "bytes").value_or(0))}};
  if (flags.json) {
    ApiJson json;
    for (const auto& [label, value] : values) json[label] = value;
    context.terminal.print(json.dump(2, ' ', false, ApiJson::error_handler_t::replace));
  } else {
    context.terminal.print(labelled(values));
  }
  return static_cast<int>(ExitCode::ok);
}

int info(const Flags& flags, const CommandContext& context) {
  if (is_on_account(flags)) return info_on_account(flags, context);
  const R2Project project(flags.location, context);
  require_bucket(project, flags.name);
  context.terminal.print("Getting info for '" + flags.name + "'...");
  storage::R2Bucket bucket(project.state, flags.name);
  const storage::R2Usage usage = bucket.usage();
  context.terminal.print("name:         " + flags.name +
                         "\nobject_count: " + std::to_string(usage.objects) +
                         "\nbucket_size:  " + std::to_string(usage.bytes) + " B");
  return static_cast<int>(ExitCode::ok);
}

int set_storage_class(const Flags& flags, const CommandContext& context) {
  const Config config = config_of(context);
  const std::string what =
      "bucket " + full_name(flags) + " to " + flags.storage_class + " default storage class.";
  context.terminal.print("Updating " + what);
  on_account(flags, context, config).set_storage_class(flags.name, flags.storage_class);
  context.terminal.print("Updated " + what);
  return static_cast<int>(ExitCode::ok);
}

int remove_on_account(const Flags& flags, const CommandContext& context) {
  const Config config = config_of(context);
  context.terminal.print("Deleting bucket " + full_name(flags) + ".");
  on_account(flags, context, config).remove(flags.name);
  context.terminal.print("Deleted bucket " + full_name(flags) + ".");
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  if (is_on_account(flags)) return remove_on_account(flags, context);
  const R2Project project(flags.location, context);
  require_bucket(project, flags.name);
  context.terminal.print("Deleting bucket " + flags.name + ".");
  if (storage::R2Bucket(project.state, flags.name).usage().objects != 0) {
    throw Error("The bucket you tried to delete is not empty.")
        .hint("`cwrangler r2 object delete " + flags.name + "/KEY --local` deletes an object.");
  }
  const std::string file = storage::r2_file(project.state, flags.name).string();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file + suffix);
  fs::remove_all(storage::r2_folder(project.state, flags.name));
  context.terminal.print("Deleted bucket " + flags.name + ".");
  return static_cast<int>(ExitCode::ok);
}

using Action = int (*)(const Flags&, const CommandContext&);

CLI::App* add(CLI::App& group, CommandContext& context, const std::shared_ptr<Flags>& flags,
              const std::string& name, const std::string& help, Action action) {
  CLI::App* command = add_action(group, context, flags, name, help, action);
  command->add_option("-J,--jurisdiction", flags->jurisdiction,
                      "Where the bucket is bound to be: eu, fedramp");
  return command;
}

void add_bucket_commands(CLI::App& group, CommandContext& context,
                         const std::shared_ptr<Flags>& flags) {
  CLI::App* command = add(group, context, flags, "list", "List them", list);
  add_location_flags(*command, flags->location);
  const auto with_name = [&](CLI::App& parent, const std::string& name, const std::string& help,
                             Action action) {
    CLI::App* named = add(parent, context, flags, name, help, action);
    named->add_option("name", flags->name, "Its name")->required();
    return named;
  };
  command = with_name(group, "create", "Create one", create);
  add_location_flags(*command, flags->location);
  command->add_option("--location", flags->place, "Hint for the region: weur, eeur, apac, wnam, …")
      ->check(CLI::IsMember({"weur", "eeur", "apac", "wnam", "enam", "oc"}));
  const char* const storage_class = "Default class of its objects: Standard, InfrequentAccess";
  command->add_option("-s,--storage-class", flags->storage_class, storage_class);
  command = with_name(group, "info", "How much is in one", info);
  add_location_flags(*command, flags->location);
  command->add_flag("--json", flags->json, "Print JSON");
  command = with_name(group, "delete", "Delete one that is empty", remove);
  add_location_flags(*command, flags->location);
  CLI::App* update = group.add_subcommand("update", "Change one of the account");
  update->require_subcommand(1);
  with_name(*update, "storage-class", "Its objects' default storage class", set_storage_class)
      ->add_option("-s,--storage-class", flags->storage_class, storage_class)
      ->required();
}

}  // namespace

void add_r2_command(CLI::App& program, CommandContext& context) {
  CLI::App* r2 = program.add_subcommand("r2", "Work with R2 buckets");
  r2->require_subcommand(1);
  add_r2_object_command(*r2, context);
  CLI::App* group = r2->add_subcommand("bucket", "Buckets");
  group->require_subcommand(1);
  add_bucket_commands(*group, context, std::make_shared<Flags>());
}

}  // namespace cwrangler::cli
