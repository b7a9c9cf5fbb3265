// `cwrangler r2 bucket …`: R2 buckets. `r2 object` is in r2_object.cc.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "cli/command/action.h"
#include "cli/command/r2_command.h"
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
};

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

int create(const Flags& flags, const CommandContext& context) {
  require_local(flags.location, DefaultLocation::remote, "r2 bucket create");
  check_bucket_name(flags.name);
  const R2Project project(flags.location, context);
  context.terminal.print("Creating bucket '" + flags.name + "'...");
  const storage::R2Bucket made(project.state, flags.name);
  context.terminal.print("✅ Created bucket '" + flags.name +
                         "' in local state.\nTo access your new R2 Bucket in your Worker, add the "
                         "following snippet to your configuration file:");
  context.terminal.print(
      config_snippet(project.config, "r2_buckets",
                     {{"bucket_name", flags.name}, {"binding", binding_name(flags.name)}}));
  return static_cast<int>(ExitCode::ok);
}

int list(const Flags& flags, const CommandContext& context) {
  require_local(flags.location, DefaultLocation::remote, "r2 bucket list");
  const R2Project project(flags.location, context);
  context.terminal.print("Listing buckets...");
  for (const std::string& name : local_buckets(project)) {
    context.terminal.print("name: " + name);
  }
  return static_cast<int>(ExitCode::ok);
}

int info(const Flags& flags, const CommandContext& context) {
  require_local(flags.location, DefaultLocation::remote, "r2 bucket info");
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

int remove(const Flags& flags, const CommandContext& context) {
  require_local(flags.location, DefaultLocation::remote, "r2 bucket delete");
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
  add_location_flags(*command, flags->location);
  return command;
}

}  // namespace

void add_r2_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* r2 = program.add_subcommand("r2", "Work with R2 buckets");
  r2->require_subcommand(1);
  add_r2_object_command(*r2, context);
  CLI::App* group = r2->add_subcommand("bucket", "Buckets");
  group->require_subcommand(1);
  add(*group, context, flags, "list", "List them", list);
  const auto with_name = [&](const std::string& name, const std::string& help, Action action) {
    add(*group, context, flags, name, help, action)
        ->add_option("name", flags->name, "Its name")
        ->required();
  };
  with_name("create", "Create one", create);
  with_name("info", "How much is in one", info);
  with_name("delete", "Delete one that is empty", remove);
}

}  // namespace cwrangler::cli
