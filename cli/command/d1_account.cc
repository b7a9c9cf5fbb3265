#include "cli/command/d1_account.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>

#include "base/files.h"
#include "cli/api/json_access.h"
#include "cli/command/d1_output.h"
#include "cli/command/d1_remote.h"
#include "cli/config/utc_time.h"
#include "cli/local/config_snippet.h"
#include "cli/local/d1_migrations.h"
#include "cli/terminal/prompt.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli::d1_account {
namespace {

/// The project's configuration, and the account behind it.
struct Target {
  explicit Target(const CommandContext& context)
      : config(load_config_or_none(
            {context.options.directory, context.options.config_file, context.options.environment})),
        remote(config, context) {}

  const Config config;
  RemoteD1 remote;
};

std::string milliseconds(const ApiJson& meta) {
  const ApiJson& duration = value_at(meta, "duration");
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2fms",
                duration.is_number() ? duration.get<double>() : 0.0);
  return text.data();
}

void print_location(const RemoteDatabase& database, Terminal& terminal) {
  terminal.print("Resource location: remote\n");
  terminal.print("🌀 Executing on remote database " + database.name + " (" + database.id + "):");
  terminal.print(
      "🌀 To execute on your local development database, remove the --remote flag from your "
      "command.");
}

/// A table for each result that has rows.
void print_tables(const ApiJson& results, Terminal& terminal) {
  for (const ApiJson& result : results) {
    const ApiJson rows = array_at(result, "results");
    if (rows.empty() || !rows.front().is_object()) continue;
    std::vector<std::string> header;
    for (const auto& [name, value] : rows.front().items()) header.push_back(name);
    std::vector<std::vector<std::string>> cells;
    for (const ApiJson& row : rows) {
      std::vector<std::string>& line = cells.emplace_back();
      for (const std::string& name : header) line.push_back(cell(value_at(row, name)));
    }
    terminal.print(boxed_table(header, cells));
  }
}

ApiJson run_command(const D1ActionFlags& flags, Target& target, const RemoteDatabase& database,
                    Terminal& terminal) {
  const ApiJson results = target.remote.query(database, flags.sql);
  double duration = 0;
  for (const ApiJson& result : results) {
    const ApiJson taken = value_at(object_at(result, "meta"), "duration");
    if (taken.is_number()) duration += taken.get<double>();
  }
  if (!flags.json) {
    const size_t count = results.is_array() ? results.size() : 0;
    terminal.print("🚣 Executed " + std::to_string(count) + (count == 1 ? " command" : " commands") +
                   " in " + milliseconds({{"duration", duration}}));
  }
  return results;
}

ApiJson run_file(const D1ActionFlags& flags, Target& target, const RemoteDatabase& database,
                 const CommandContext& context) {
  Terminal& terminal = context.terminal;
  const std::string sql = read_file(context.options.directory / flags.file);
  if (sql.empty()) throw Error("No SQL statements detected.");
  if (!flags.yes && !flags.json) {
    terminal.print_warning(
        "⚠️ This process may take some time, during which your D1 database will be unavailable "
        "to "
        "serve queries.");
    if (!confirm(terminal, "Ok to proceed?")) return nullptr;
  }
  const RemoteD1::Import done =
      target.remote.import_sql(database, sql, [&](const std::string& message) {
        if (!flags.json) terminal.print(message);
      });
  const std::int64_t read = integer_at(done.meta, "rows_read").value_or(0);
  const std::int64_t written = integer_at(done.meta, "rows_written").value_or(0);
  if (!flags.json) {
    terminal.print("🚣 Executed " + std::to_string(done.queries) + " queries in " +
                   milliseconds(done.meta) + " (" + std::to_string(read) + " rows read, " +
                   std::to_string(written) + " rows written)");
    terminal.print("   Database is currently at bookmark " + done.bookmark + ".");
  }
  return ApiJson::array({{{"results", ApiJson::array({{{"Total queries executed", done.queries},
                                                       {"Rows read", read},
                                                       {"Rows written", written}}})},
                          {"success", true},
                          {"finalBookmark", done.bookmark},
                          {"meta", done.meta}}});
}

/// A --timestamp as the API takes it; empty: none was given. Throws Error for one that is no moment
/// of the thirty days that are kept.
std::string checked_timestamp(const std::string& text, const CommandContext& context) {
  if (text.empty()) return {};
  constexpr std::chrono::days kKept(30);
  const auto now = context.clock();
  const auto moment = parse_moment(text);
  std::string problem;
  if (!moment) {
    problem = "Please provide a valid Unix timestamp or ISO string, for example: " + utc_time(now);
  } else if (*moment > now) {
    problem = "Please provide a timestamp in the past";
  } else if (*moment < now - kKept) {
    problem = "Please provide a timestamp within the last 30 days";
  }
  if (!problem.empty()) {
    throw Error("Invalid timestamp '" + text + "'. " + problem).exit_with(ExitCode::usage);
  }
  return utc_time(*moment);
}

}  // namespace

int create(const D1ActionFlags& flags, const CommandContext& context) {
  Target target(context);
  const ApiJson made = target.remote.create(flags.name);
  Terminal& terminal = context.terminal;
  terminal.print("✅ Successfully created DB '" + flags.name + "'\nCreated your new D1 database.\n");
  terminal.print(
      "To access your new D1 Database in your Worker, add the following snippet to your "
      "configuration file:");
  const std::string binding = flags.binding.empty() ? binding_name(flags.name) : flags.binding;
  terminal.print(config_snippet(target.config, "d1_databases",
                                {{"binding", binding},
                                 {"database_name", string_at(made, "name")},
                                 {"database_id", string_at(made, "uuid")}}));
  return static_cast<int>(ExitCode::ok);
}

int list(const D1ActionFlags& flags, const CommandContext& context) {
  Target target(context);
  const std::vector<ApiJson> databases = target.remote.list();
  if (flags.json) {
    context.terminal.print(dumped(ApiJson(databases)));
    return static_cast<int>(ExitCode::ok);
  }
  const std::vector<std::string> header{"uuid",       "name",       "version",
                                        "created_at", "num_tables", "file_size"};
  std::vector<std::vector<std::string>> rows;
  for (const ApiJson& database : databases) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const std::string& name : header) row.push_back(cell(value_at(database, name)));
  }
  context.terminal.print(boxed_table(header, rows));
  return static_cast<int>(ExitCode::ok);
}

int info(const D1ActionFlags& flags, const CommandContext& context) {
  Target target(context);
  const RemoteDatabase database = target.remote.find(flags.name, false);
  const ApiJson description = target.remote.describe(database);
  print_description(description, database.name, database.id, flags.json, context.terminal);
  return static_cast<int>(ExitCode::ok);
}

int remove(const D1ActionFlags& flags, const CommandContext& context) {
  Target target(context);
  const RemoteDatabase database = target.remote.find(flags.name, false);
  Terminal& terminal = context.terminal;
  terminal.print("About to delete DB '" + database.name + "' (" + database.id +
                 ").\nThis action is irreversible and will permanently delete all data in the "
                 "database.\n");
  if (!flags.yes && !confirm(terminal, "Ok to proceed?")) {
    terminal.print("Not deleting.");
    return static_cast<int>(ExitCode::ok);
  }
  terminal.print("Deleting...");
  target.remote.remove(database);
  terminal.print("Deleted '" + database.name + "' successfully.");
  return static_cast<int>(ExitCode::ok);
}

int execute(const D1ActionFlags& flags, const CommandContext& context) {
  Target target(context);
  const RemoteDatabase database = target.remote.find(flags.name, flags.preview);
  if (!flags.json) print_location(database, context.terminal);
  try {
    const ApiJson results = flags.file.empty()
                                ? run_command(flags, target, database, context.terminal)
                                : run_file(flags, target, database, context);
    if (results.is_null()) return static_cast<int>(ExitCode::ok);
    if (flags.json || !out_is_terminal()) {
      context.terminal.print(dumped(results));
    } else {
      print_tables(results, context.terminal);
    }
  } catch (const ApiError& error) {
    if (!flags.json) throw;
    context.terminal.print(dumped({{"error", {{"text", error.problem()}}}}));
    return static_cast<int>(ExitCode::failed);
  }
  return static_cast<int>(ExitCode::ok);
}

int export_sql(const D1ActionFlags& flags, const CommandContext& context) {
  Target target(context);
  const RemoteDatabase database = target.remote.find(flags.name, false);
  const RemoteD1::Dump what{!flags.no_schema, !flags.no_data, flags.tables};
  if (flags.output == "-") {
    target.remote.export_sql(database, what, [](std::string_view piece) { std::cout << piece; });
    std::cout.flush();
    return static_cast<int>(ExitCode::ok);
  }
  Terminal& terminal = context.terminal;
  terminal.print("Resource location: remote\n\n🌀 Exporting remote database " + database.name +
                 " (" + database.id + "):");
  const std::filesystem::path path = context.options.directory / flags.output;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  target.remote.export_sql(database, what, [&out](std::string_view piece) { out << piece; });
  out.close();
  if (!out) {
    throw Error("the file could not be written").while_doing("exporting to " + path.string());
  }
  terminal.print("🌀 Downloaded to " + flags.output + " successfully!");
  return static_cast<int>(ExitCode::ok);
}

int time_travel_info(const D1ActionFlags& flags, const CommandContext& context) {
  const std::string timestamp = checked_timestamp(flags.timestamp, context);
  Target target(context);
  const RemoteDatabase database = target.remote.find(flags.name, false);
  target.remote.require_history(database);
  const std::string bookmark = printable(target.remote.bookmark(database, timestamp));
  Terminal& terminal = context.terminal;
  if (flags.json) {
    terminal.print(dumped({{"bookmark", bookmark}}));
    return static_cast<int>(ExitCode::ok);
  }
  terminal.print("🚧 Time Traveling...");
  terminal.print(timestamp.empty() ? "⚠️ The current bookmark is '" + bookmark + "'"
                                   : "⚠️ Timestamp '" + flags.timestamp +
                                         "' corresponds with bookmark '" + bookmark + "'");
  terminal.print(
      "⚡️ To restore to this specific bookmark, run:\n `cwrangler d1 time-travel restore " +
      flags.name + " --bookmark=" + bookmark + "`");
  return static_cast<int>(ExitCode::ok);
}

int time_travel_restore(const D1ActionFlags& flags, const CommandContext& context) {
  if (flags.bookmark.empty() && flags.timestamp.empty()) {
    throw Error("`d1 time-travel restore` takes --bookmark or --timestamp")
        .exit_with(ExitCode::usage);
  }
  const std::string timestamp = checked_timestamp(flags.timestamp, context);
  Target target(context);
  const RemoteDatabase database = target.remote.find(flags.name, false);
  target.remote.require_history(database);
  const std::string bookmark =
      timestamp.empty() ? flags.bookmark : target.remote.bookmark(database, timestamp);
  if (flags.json) {
    context.terminal.print(dumped(target.remote.restore(database, bookmark)));
    return static_cast<int>(ExitCode::ok);
  }
  Terminal& terminal = context.terminal;
  terminal.print("🚧 Restoring database " + flags.name + " from bookmark " + printable(bookmark));
  terminal.print_warning("⚠️ This will overwrite all data in database " + flags.name +
                         ".\nIn-flight queries and transactions will be cancelled.");
  if (!confirm(terminal, "OK to proceed (y/N)", OnEnter::no)) {
    return static_cast<int>(ExitCode::ok);
  }
  terminal.print("⚡️ Time travel in progress...");
  const ApiJson done = target.remote.restore(database, bookmark);
  terminal.print(printable("✅ Database " + flags.name + " restored back to bookmark " +
                           string_at(done, "bookmark")));
  terminal.print(
      printable("↩️ To undo this operation, you can restore to the previous bookmark: " +
                string_at(done, "previous_bookmark")));
  return static_cast<int>(ExitCode::ok);
}

namespace {

/// The project's files of migrations that the account's database has not had.
std::vector<std::string> unapplied(RemoteD1& remote, const RemoteDatabase& database,
                                   const LocalDatabase& configured) {
  const std::string table = "\"" + configured.migrations_table + "\"";
  remote.query(database, "CREATE TABLE IF NOT EXISTS " + table +
                             "(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at "
                             "TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);");
  const ApiJson results = remote.query(database, "SELECT * FROM " + table + " ORDER BY id");
  std::set<std::string> applied;
  for (const ApiJson& result : results) {
    for (const ApiJson& row : array_at(result, "results")) applied.insert(string_at(row, "name"));
  }
  std::vector<std::string> names;
  for (const std::string& name : migration_files(configured)) {
    if (!applied.contains(name)) names.push_back(name);
  }
  return names;
}

std::string quoted(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) literal += c == '\'' ? "''" : std::string(1, c);
  return literal + "'";
}

}  // namespace

int list_migrations(const D1Flags& flags, const CommandContext& context) {
  Target target(context);
  const D1Command local(flags, context);
  const RemoteDatabase database = target.remote.find(flags.name, flags.preview);
  context.terminal.print("Resource location: remote\n");
  print_migrations(unapplied(target.remote, database, local.database()), context.terminal);
  return static_cast<int>(ExitCode::ok);
}

int apply_migrations(const D1Flags& flags, const CommandContext& context) {
  Target target(context);
  const D1Command local(flags, context);
  const LocalDatabase& configured = local.database();
  const RemoteDatabase database = target.remote.find(flags.name, flags.preview);
  Terminal& terminal = context.terminal;
  terminal.print("Resource location: remote\n");
  const auto names = unapplied(target.remote, database, configured);
  if (!may_apply(names, flags.yes, terminal)) return static_cast<int>(ExitCode::ok);
  for (const std::string& name : names) {
    terminal.print("🌀 Executing on remote database " + database.name + " (" + database.id + "):");
    // One query: the statements and the note of them take effect together, or not at all.
    const std::string sql = read_file(configured.migrations_directory / name) + "\nINSERT INTO \"" +
                            configured.migrations_table + "\" (name)\nvalues (" + quoted(name) +
                            ");";
    try {
      target.remote.query(database, sql);
    } catch (Error& error) {
      terminal.print("❌ " + name);
      error.while_doing("applying the migration " + name);
      throw;
    }
    terminal.print("✅ " + name);
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace cwrangler::cli::d1_account
