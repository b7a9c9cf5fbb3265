// `cwrangler state …`: what local runs keep, as a whole.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "cli/command/action.h"
#include "cli/config/utc_time.h"
#include "cli/local/resource_location.h"
#include "cli/local/state_archive.h"
#include "cli/local/state_inventory.h"
#include "cli/packages/installed.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string persist_to;
  std::string archive;
  std::vector<std::string> targets;
  bool all = false;
  bool yes = false;
  bool json = false;
};

struct Place {
  Config config;
  fs::path state;
};

Place place_of(const Flags& flags, const CommandContext& context) {
  Place place;
  place.config = load_config_or_none(
      {context.options.directory, context.options.config_file, context.options.environment});
  LocationFlags location;
  location.persist_to = flags.persist_to;
  place.state = state_directory(location, place.config, context.options.directory);
  return place;
}

std::string counted(size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// Asks before data goes; without a terminal there is nobody to ask, and no is the answer.
void require_consent(const Flags& flags, Terminal& terminal, const std::string& what) {
  if (flags.yes) return;
  if (!can_ask()) {
    throw Error(what + " needs your consent, and there is no terminal to ask on")
        .exit_with(ExitCode::usage)
        .hint("--yes gives it.");
  }
  if (!confirm(terminal, what + ": go on?")) {
    throw Error("nothing was changed");
  }
}

nlohmann::ordered_json to_json(const StateResource& resource) {
  nlohmann::ordered_json json{
      {"kind", resource.kind}, {"name", resource.name}, {"bytes", resource.bytes}};
  if (!resource.binding.empty()) json["binding"] = resource.binding;
  if (resource.count) json["count"] = *resource.count;
  json["unit"] = resource.unit;
  return json;
}

int list(const Flags& flags, const CommandContext& context) {
  const Place place = place_of(flags, context);
  const std::vector<StateResource> resources = state_inventory(place.config, place.state);
  Terminal& terminal = context.terminal;
  if (flags.json) {
    nlohmann::ordered_json json{{"folder", place.state.string()},
                                {"resources", nlohmann::ordered_json::array()}};
    for (const StateResource& resource : resources) json["resources"].push_back(to_json(resource));
    terminal.print(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return static_cast<int>(ExitCode::ok);
  }
  terminal.print(place.state.string());
  if (resources.empty()) {
    terminal.print("Nothing is kept here.");
    return static_cast<int>(ExitCode::ok);
  }
  std::vector<std::vector<std::string>> rows;
  for (const StateResource& resource : resources) {
    rows.push_back({resource.kind, resource.name, resource.binding,
                    resource.count ? std::to_string(*resource.count) + " " + resource.unit : "?",
                    shown_size(static_cast<uintmax_t>(resource.bytes))});
  }
  terminal.print(boxed_table({"kind", "name", "binding", "holds", "size"}, rows));
  return static_cast<int>(ExitCode::ok);
}

int write_archive(const Flags& flags, const CommandContext& context) {
  const Place place = place_of(flags, context);
  if (!has_state(place.state)) {
    throw Error("there is no local state in " + place.state.string())
        .hint("--persist-to names another place.");
  }
  const fs::path archive = context.options.directory / flags.archive;
  if (fs::exists(archive)) {
    require_consent(flags, context.terminal, "Replacing " + flags.archive);
  }
  const StateTransfer done = export_state(place.state, archive, utc_time(context.clock()));
  context.terminal.print("Exported " + counted(done.files, "file", "files") + " (" +
                         shown_size(static_cast<uintmax_t>(done.bytes)) + ") to " + flags.archive +
                         " (" + shown_size(fs::file_size(archive)) + ")");
  return static_cast<int>(ExitCode::ok);
}

int read_archive(const Flags& flags, const CommandContext& context) {
  const Place place = place_of(flags, context);
  if (has_state(place.state)) {
    require_consent(flags, context.terminal,
                    "Replacing all local state in " + place.state.string());
  }
  const StateTransfer done = import_state(context.options.directory / flags.archive, place.state);
  context.terminal.print("Imported " + counted(done.files, "file", "files") + " (" +
                         shown_size(static_cast<uintmax_t>(done.bytes)) + ") into " +
                         place.state.string());
  return static_cast<int>(ExitCode::ok);
}

/// Those that the targets name: "KIND" or "KIND/NAME", where NAME may be a binding's.
std::vector<StateResource> select(const std::vector<StateResource>& all,
                                  const std::vector<std::string>& targets) {
  std::vector<StateResource> chosen;
  std::set<std::string> ids;
  for (const std::string& target : targets) {
    bool found = false;
    for (const StateResource& resource : all) {
      if (target != resource.kind && target != resource.id() &&
          target != resource.kind + "/" + resource.binding) {
        continue;
      }
      found = true;
      if (ids.insert(resource.id()).second) chosen.push_back(resource);
    }
    if (!found) {
      throw Error("nothing is kept under \"" + target + "\"")
          .exit_with(ExitCode::usage)
          .hint("`cwrangler state list` shows kinds and names: kv, or kv/NAME.");
    }
  }
  return chosen;
}

int clear(const Flags& flags, const CommandContext& context) {
  if (flags.targets.empty() != flags.all) {
    throw Error(flags.all ? "--all leaves nothing to name" : "what is to be cleared is not said")
        .exit_with(ExitCode::usage)
        .hint("Name kinds (kv) or resources (kv/NAME), or give --all.");
  }
  const Place place = place_of(flags, context);
  std::vector<StateResource> chosen = state_inventory(place.config, place.state);
  if (!flags.all) chosen = select(chosen, flags.targets);
  if (chosen.empty()) {
    context.terminal.print("Nothing is kept here.");
    return static_cast<int>(ExitCode::ok);
  }
  std::vector<fs::path> files;
  std::string names;
  for (const StateResource& resource : chosen) {
    files.insert(files.end(), resource.files.begin(), resource.files.end());
    names += (names.empty() ? "" : ", ") + resource.id();
  }
  require_unused(place.state, files);
  require_consent(flags, context.terminal, "Removing " + names);
  for (const StateResource& resource : chosen) {
    remove_resource(place.state, resource);
    context.terminal.print("Removed " + resource.id());
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_state_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group =
      program.add_subcommand("state", "What local runs keep: say, save, restore and clear it");
  group->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& help,
                       int (*action)(const Flags&, const CommandContext&)) {
    CLI::App* command = add_action(*group, context, flags, name, help, action);
    command->add_option("--persist-to", flags->persist_to,
                        "The folder of local state, in place of .wrangler/state");
    return command;
  };
  add("list", "List what is kept, by kind and resource", list)
      ->add_flag("--json", flags->json, "As JSON on standard output");

  CLI::App* write =
      add("export", "Write all of it to one file; `dev` may be running", write_archive);
  write->add_option("file", flags->archive, "Ends in .tar.gz or .tar.zst")->required();
  write->add_flag("-y,--yes", flags->yes, "Replace a file without asking");

  CLI::App* read = add("import", "Put what was exported in the place of local state", read_archive);
  read->add_option("file", flags->archive, "What `state export` has written")->required();
  read->add_flag("-y,--yes,--force", flags->yes, "Replace what is there without asking");

  CLI::App* remove = add("clear", "Remove kinds or single resources", clear);
  remove->add_option("target", flags->targets, "kv, r2, d1, …, or kv/NAME");
  remove->add_flag("--all", flags->all, "Everything");
  remove->add_flag("-y,--yes", flags->yes, "Without asking");
}

}  // namespace cwrangler::cli
