// `cwrangler`: argv to a command; prints errors and chooses the exit status.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/logging.h"
#include "cli/command/event_file.h"
#include "cli/command/program.h"
#include "cli/terminal/suggestion.h"
#include "cli/terminal/terminal.h"

namespace {

using namespace cwrangler;
using namespace cwrangler::cli;

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> flag_names(const CLI::App& program) {
  std::vector<std::string> names;
  auto add = [&names](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  };
  add(program);
  for (const CLI::App* command : program.get_subcommands()) add(*command);
  return names;
}

/// " init" or "": the sub-command on the command line, with a space in front.
std::string named_command(const CLI::App& program) {
  const auto commands = program.get_subcommands();
  return commands.empty() ? "" : " " + commands.front()->get_name();
}

/// What was on the command line and nobody understood.
Error unknown_argument(const CLI::App& program, const std::string& argument) {
  const bool is_flag = argument.starts_with("-");
  const bool has_command = !program.get_subcommands().empty();
  const std::string what = is_flag ? "flag" : has_command ? "argument" : "command";
  Error error("Unknown " + what + ": " + argument);
  error.exit_with(ExitCode::usage);
  std::string advice;
  if (is_flag || !has_command) {
    const std::string word = argument.substr(0, argument.find('='));
    const std::string nearest =
        nearest_word(word, is_flag ? flag_names(program) : command_names(program));
    if (!nearest.empty()) advice = "Did you mean \"" + nearest + "\"? ";
  }
  return error.hint(advice + "`cwrangler" + named_command(program) +
                    " --help` lists what there is.");
}

/// Absolute, without a slash at the end.
std::filesystem::path working_directory(const std::filesystem::path& requested) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(requested, failed);
  if (failed || !std::filesystem::is_directory(path, failed)) {
    throw Error("The directory of --cwd does not exist: " + requested.string())
        .exit_with(ExitCode::usage);
  }
  const std::filesystem::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

int run(int argc, char** argv, Terminal& terminal, EventFile& events) {
  CommandContext context{terminal, &std::chrono::system_clock::now, {}, {}};
  context.report_event = [&events](const nlohmann::json& event) { events.add(event); };
  const std::unique_ptr<CLI::App> made = make_program(context);
  CLI::App& program = *made;

  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return program.exit(success, std::cout, std::cerr);
  } catch (const CLI::ParseError& error) {
    throw Error(error.what())
        .exit_with(ExitCode::usage)
        .hint("`cwrangler" + named_command(program) + " --help` lists what there is.");
  }
  if (const auto rest = program.remaining(/*recurse=*/true); !rest.empty()) {
    throw unknown_argument(program, rest.front());
  }
  if (!context.run) {
    terminal.print(program.help());
    return static_cast<int>(ExitCode::ok);
  }
  context.options.directory = working_directory(
      context.options.directory.empty() ? std::filesystem::path(".") : context.options.directory);
  return context.run();
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void apply_log_settings(Terminal& terminal) {
  start_logging("cwrangler");
  if (has_log_file()) {
    terminal.set_record([](LogLevel level, std::string_view text) {
      write_to_log_file("[" + std::string(kLogLevels[static_cast<size_t>(level)]) + "] " +
                        std::string(text));
    });
  }
  const std::string wanted = environment_variable("WRANGLER_LOG").value_or("");
  if (wanted.empty()) return;
  if (const auto level = parse_log_level(wanted)) {
    terminal.set_level(*level);
  } else {
    terminal.print_warning("WRANGLER_LOG is \"" + wanted +
                           "\", which is none of none, error, warn, info, log and debug: log is "
                           "taken.");
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  Terminal terminal(std::cout, std::cerr, wants_color(color_settings(STDOUT_FILENO)),
                    wants_color(color_settings(STDERR_FILENO)));
  std::optional<EventFile> events;
  const auto fail = [&](const Error& error) {
    terminal.print_error(error);
    try {
      if (events) events->failed(error);
    } catch (const Error& unwritten) {
      terminal.print_error(unwritten);
    }
    return static_cast<int>(error.exit_code());
  };
  try {
    apply_log_settings(terminal);
    events.emplace(environment_variable, milliseconds_now);
    events->session({argv + std::min(argc, 1), argv + argc});
    return run(argc, argv, terminal, *events);
  } catch (const Error& error) {
    return fail(error);
  } catch (const std::exception& error) {
    return fail(Error(std::string("Internal error: ") + error.what()));
  }
}
