// `cwrangler d1 create|list|info|delete|execute|export|time-travel`: databases. Migrations are in
// d1_migrations.cc.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "cli/command/action.h"
#include "cli/command/commands.h"
#include "cli/command/d1_account.h"
#include "cli/command/d1_command.h"
#include "cli/command/d1_output.h"
#include "cli/config/utc_time.h"
#include "cli/local/config_snippet.h"
#include "cli/local/d1_results.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/table.h"
#include "storage/d1_dump.h"
#include "storage/d1_script.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using storage::D1Database;
using storage::D1Result;

using Flags = D1ActionFlags;

std::string plural(size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

// --- execute ---

/// Runs the script and keeps each result as it will be printed.
ResultPrinter run_script(std::istream& text, D1Database& database) {
  ResultPrinter printer;
  storage::D1Script script(database);
  script.run(text, [&printer](const D1Result& result) { printer.add(result); });
  if (printer.count() == 0) throw Error("No SQL statements detected.");
  script.commit();
  return printer;
}

int execute(const Flags& flags, const CommandContext& context) {
  if (flags.sql.empty() == flags.file.empty()) {
    throw Error("`d1 execute` takes either --command with SQL, or --file with a file of it")
        .exit_with(ExitCode::usage);
  }
  if (is_remote(flags.location, DefaultLocation::local)) {
    return d1_account::execute(flags, context);
  }
  const D1Command command(flags, context);
  if (!flags.json) command.print_location();
  const fs::path path = context.options.directory / flags.file;
  std::ifstream file;
  std::istringstream text(flags.sql);
  if (!flags.file.empty()) {
    file.open(path, std::ios::binary);
    if (!file || fs::is_directory(path)) {
      throw Error("Unable to read SQL text file \"" + flags.file +
                  "\". Please check the file path and try again.");
    }
  }
  std::istream& source = flags.file.empty() ? static_cast<std::istream&>(text) : file;
  try {
    D1Database database(command.database().file);
    const ResultPrinter printer = run_script(source, database);
    if (!flags.json) {
      context.terminal.print("🚣 " + plural(printer.count(), "command") + " executed successfully.");
    }
    if (flags.json || !out_is_terminal()) {
      printer.print_json(std::cout);
    } else {
      printer.print_tables(std::cout);
    }
  } catch (const Error& error) {
    if (!flags.json) throw;
    context.terminal.print(ordered_json{{"error", {{"text", error.problem()}}}}.dump(2));
    return static_cast<int>(ExitCode::failed);
  }
  return static_cast<int>(ExitCode::ok);
}

// --- export ---

int export_sql(const Flags& flags, const CommandContext& context) {
  if (flags.no_schema && flags.no_data) {
    throw Error("You cannot specify both --no-schema and --no-data").exit_with(ExitCode::usage);
  }
  if (is_remote(flags.location, DefaultLocation::local)) {
    return d1_account::export_sql(flags, context);
  }
  const D1Command command(flags, context);
  const LocalDatabase& database = command.database();
  const bool to_stdout = flags.output == "-";
  if (!to_stdout) {
    command.print_resource_location();
    context.terminal.print("🌀 Exporting local database " + database.name + " (" + database.id +
                           ") from " + command.shown_state() + ":");
  }
  D1Database open(database.file);
  const storage::DumpOptions options{!flags.no_schema, !flags.no_data, flags.tables};
  // One view of the database, whatever others write meanwhile.
  open.connection().execute("BEGIN");
  if (to_stdout) {
    dump_sql(open.connection(), options, std::cout);
    return static_cast<int>(ExitCode::ok);
  }
  const fs::path path = context.options.directory / flags.output;
  context.terminal.print("🌀 Exporting SQL to " + flags.output + "...");
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  dump_sql(open.connection(), options, out);
  out.close();
  if (!out)
    throw Error("the file could not be written").while_doing("exporting to " + path.string());
  context.terminal.print("Done!");
  return static_cast<int>(ExitCode::ok);
}

// --- create, list, info, delete ---

int create(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::remote)) {
    return d1_account::create(flags, context);
  }
  D1Command command(flags, context);
  const LocalDatabase& database = command.databases().create(flags.name, utc_time(context.clock()));
  Terminal& terminal = context.terminal;
  terminal.print("✅ Successfully created DB '" + database.name +
                 "'\nCreated your new D1 database.\n");
  terminal.print(
      "To access your new D1 Database in your Worker, add the following snippet to your "
      "configuration file:");
  const std::string binding = flags.binding.empty() ? binding_name(database.name) : flags.binding;
  terminal.print(config_snippet(
      command.config(), "d1_databases",
      {{"binding", binding}, {"database_name", database.name}, {"database_id", database.id}}));
  return static_cast<int>(ExitCode::ok);
}

/// What `list` and `info` tell of a database, under the API's names.
ordered_json describe(const LocalDatabase& database) {
  int64_t tables = 0;
  int64_t size = 0;
  if (fs::exists(database.file)) {
    D1Database open(database.file);
    const D1Result result =
        open.run({{"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                   "'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
                   {}}})
            .front();
    tables = std::get<int64_t>(result.cells.front());
    size = result.meta.size_after;
  }
  return {{"uuid", database.id},
          {"name", database.name},
          {"binding", database.binding},
          {"version", "local"},
          {"created_at", database.created_at},
          {"num_tables", tables},
          {"file_size", size}};
}

int list(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::remote)) {
    return d1_account::list(flags, context);
  }
  D1Command command(flags, context);
  ordered_json all = ordered_json::array();
  for (const LocalDatabase& database : command.databases().all()) all.push_back(describe(database));
  if (flags.json) {
    context.terminal.print(all.dump(2));
    return static_cast<int>(ExitCode::ok);
  }
  const std::vector<std::string> header{"uuid",       "name",       "binding",  "version",
                                        "created_at", "num_tables", "file_size"};
  std::vector<std::vector<std::string>> rows;
  for (const ordered_json& entry : all) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const std::string& name : header) row.push_back(cell(entry[name]));
  }
  context.terminal.print(boxed_table(header, rows));
  return static_cast<int>(ExitCode::ok);
}

int info(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::remote)) {
    return d1_account::info(flags, context);
  }
  const D1Command command(flags, context);
  const LocalDatabase& database = command.database();
  ordered_json description = describe(database);
  description["file"] = database.file.string();
  print_description(description, database.name, database.id, flags.json, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::remote)) {
    return d1_account::remove(flags, context);
  }
  D1Command command(flags, context);
  const LocalDatabase database = command.database();
  Terminal& terminal = context.terminal;
  terminal.print("About to delete local database DB '" + database.name + "' (" + database.id +
                 ").\nThis action is irreversible and will permanently delete all data in the "
                 "database.\n");
  if (!flags.yes && !confirm(terminal, "Ok to proceed?")) {
    terminal.print("Not deleting.");
    return static_cast<int>(ExitCode::ok);
  }
  terminal.print("Deleting...");
  command.databases().remove(database);
  terminal.print("Deleted '" + database.name + "' successfully.");
  return static_cast<int>(ExitCode::ok);
}

// --- time-travel ---

Error no_history(const LocalDatabase& database) {
  return Error("The local database " + database.name + " has no history to go back in")
      .hint("`cwrangler d1 export` keeps a copy that `cwrangler d1 execute --file` brings back.");
}

int time_travel_info(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::remote)) {
    return d1_account::time_travel_info(flags, context);
  }
  const D1Command command(flags, context);
  if (!flags.timestamp.empty()) throw no_history(command.database());
  D1Database database(command.database().file);
  const std::string bookmark = database.bookmark();
  context.terminal.print(flags.json ? ordered_json{{"bookmark", bookmark}}.dump(2)
                                    : "The current bookmark is '" + bookmark + "'");
  return static_cast<int>(ExitCode::ok);
}

int time_travel_restore(const Flags& flags, const CommandContext& context) {
  if (is_remote(flags.location, DefaultLocation::remote)) {
    return d1_account::time_travel_restore(flags, context);
  }
  const D1Command command(flags, context);
  throw no_history(command.database());
}

// --- flags ---

using Action = int (*)(const Flags&, const CommandContext&);

CLI::App* add(CLI::App& group, CommandContext& context, const std::shared_ptr<Flags>& flags,
              const std::string& name, const std::string& help, Action action) {
  CLI::App* command = add_action(group, context, flags, name, help, action);
  add_location_flags(*command, flags->location);
  return command;
}

void add_name(CLI::App& command, const std::shared_ptr<Flags>& flags) {
  command.add_option("database", flags->name, "Name or binding of the database")->required();
}

void add_json(CLI::App& command, const std::shared_ptr<Flags>& flags) {
  command.add_flag("--json", flags->json, "Print JSON");
}

CLI::Option* add_timestamp(CLI::App& command, const std::shared_ptr<Flags>& flags) {
  return command.add_option("--timestamp", flags->timestamp,
                            "The state of then: RFC 3339, or seconds since 1970");
}

}  // namespace

void add_d1_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* d1 = program.add_subcommand("d1", "Work with D1 databases");
  d1->require_subcommand(1);

  CLI::App* command = add(*d1, context, flags, "create", "Create a database", create);
  command->add_option("name", flags->name, "Name of the new database")->required();
  command->add_option("--binding", flags->binding, "Its name in env, for the snippet");

  add_json(*add(*d1, context, flags, "list", "List the databases", list), flags);

  command = add(*d1, context, flags, "info", "Show what is known of a database", info);
  add_name(*command, flags);
  add_json(*command, flags);

  command = add(*d1, context, flags, "delete", "Delete a database", remove);
  add_name(*command, flags);
  command->add_flag("-y,--skip-confirmation,--yes", flags->yes, "Do not ask");

  command = add(*d1, context, flags, "execute", "Run SQL", execute);
  add_name(*command, flags);
  command->add_option("--command", flags->sql, "The SQL, one or more statements");
  command->add_option("--file", flags->file, "A file of SQL");
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
  command->add_flag("--preview", flags->preview, "The preview database, as local runs take it");
  add_json(*command, flags);

  command = add(*d1, context, flags, "export", "Write a database as SQL", export_sql);
  add_name(*command, flags);
  command->add_option("--output", flags->output, "File to write; - for standard output")
      ->required();
  command->add_option("--table", flags->tables, "Only this table; repeatable")
      ->allow_extra_args(false);
  command->add_flag("--no-schema", flags->no_schema, "Only the rows");
  command->add_flag("--no-data", flags->no_data, "Only the tables and indexes");
  command->add_flag("-y,--skip-confirmation", flags->yes, "Do not ask");

  CLI::App* travel = d1->add_subcommand("time-travel", "Go back to an earlier state");
  travel->require_subcommand(1);
  command = add(*travel, context, flags, "info", "Show the current bookmark", time_travel_info);
  add_name(*command, flags);
  add_timestamp(*command, flags);
  add_json(*command, flags);
  command =
      add(*travel, context, flags, "restore", "Restore an earlier state", time_travel_restore);
  add_name(*command, flags);
  add_json(*command, flags);
  auto* bookmark = command->add_option("--bookmark", flags->bookmark, "Which state");
  add_timestamp(*command, flags)->excludes(bookmark);

  add_d1_migrations_command(*d1, context);
}

}  // namespace cwrangler::cli
