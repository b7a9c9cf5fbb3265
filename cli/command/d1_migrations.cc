// `cwrangler d1 migrations create|list|apply`.

#include "cli/local/d1_migrations.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command/d1_account.h"
#include "cli/command/d1_command.h"
#include "cli/command/d1_output.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

using storage::D1Database;

struct Flags : D1Flags {
  std::string message;
};

int create(const Flags& flags, const CommandContext& context) {
  const D1Command command(flags, context);
  const auto file = create_migration(command.database(), flags.message, context.clock());
  context.terminal.print("✅ Successfully created Migration '" + file.filename().string() + "'!\n");
  context.terminal.print("The migration is available for editing here\n" + file.string());
  return static_cast<int>(ExitCode::ok);
}

int list(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::local)) {
    return d1_account::list_migrations(flags, context);
  }
  const D1Command command(flags, context);
  command.print_resource_location();
  D1Database open(command.database().file);
  print_migrations(unapplied_migrations(command.database(), open), context.terminal);
  return static_cast<int>(ExitCode::ok);
}

/// The migrations with what became of them: done up to `done`.
std::string status_table(const std::vector<std::string>& names, size_t done, bool failed) {
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < names.size(); ++i) {
    rows.push_back({names[i], i < done ? "✅" : i == done && failed ? "❌" : "🕒️"});
  }
  return boxed_table({"name", "status"}, rows);
}

int apply(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::local)) {
    return d1_account::apply_migrations(flags, context);
  }
  const D1Command command(flags, context);
  command.print_resource_location();
  Terminal& terminal = context.terminal;
  const LocalDatabase& database = command.database();
  D1Database open(database.file);
  const std::vector<std::string> names = unapplied_migrations(database, open);
  if (!may_apply(names, flags.yes, terminal)) return static_cast<int>(ExitCode::ok);
  for (size_t i = 0; i < names.size(); ++i) {
    terminal.print("🌀 Executing on local database " + database.name + " (" + database.id +
                   ") from " + command.shown_state() + ":");
    try {
      const int count = apply_migration(database, open, names[i]);
      terminal.print("🚣 " + std::to_string(count) + (count == 1 ? " command" : " commands") +
                     " executed successfully.");
    } catch (const Error&) {
      terminal.print(status_table(names, i, true));
      throw;
    }
    terminal.print(status_table(names, i + 1, false));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_d1_migrations_command(CLI::App& d1, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = d1.add_subcommand("migrations", "Change a database's tables step by step");
  group->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& help,
                       int (*action)(const Flags&, const CommandContext&)) {
    CLI::App* command = group->add_subcommand(name, help);
    add_location_flags(*command, flags->location);
    command->add_option("database", flags->name, "Name or binding of the database")->required();
    command->callback([flags, &context, action] {
      context.run = [flags, &context, action] { return action(*flags, context); };
    });
    return command;
  };
  add("create", "Make the file of a new migration", create)
      ->add_option("message", flags->message, "What it does; part of the file's name")
      ->required();
  add("list", "List what has not been applied", list);
  add("apply", "Apply what has not been applied", apply)
      ->add_flag("-y,--yes", flags->yes, "Do not ask");
}

}  // namespace cwrangler::cli
