// `cwrangler types`: a stub by which editors and type checkers know `env`.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/types/project_types.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string file;
  std::vector<std::string> env_files;
  bool strict_vars = true;
  bool check = false;
};

int types(const Flags& flags, const CommandContext& context) {
  TypesRequest request;
  request.config = {context.options.directory, context.options.config_file,
                    context.options.environment};
  for (const std::string& file : flags.env_files) {
    request.env_files.push_back(context.options.directory / file);
  }
  request.options.literal_variables = flags.strict_vars;
  const ProjectTypes made = project_types(request);
  const fs::path file =
      flags.file.empty() ? made.root / kTypesFile : context.options.directory / flags.file;
  if (file.extension() != ".pyi") {
    throw Error("the file of types must end with .pyi: " + flags.file).exit_with(ExitCode::usage);
  }
  const std::string shown = file.lexically_proximate(context.options.directory).string();
  if (flags.check) {
    if (!is_current(made.stub, file)) {
      std::error_code ignored;
      throw Error(shown + (fs::exists(file, ignored) ? " is out of date" : " is not there"))
          .hint("`cwrangler types` writes it.");
    }
    context.terminal.print(shown + " is up to date");
    return static_cast<int>(ExitCode::ok);
  }
  context.terminal.print((write_types(made.stub, file) ? "Wrote " : "Up to date: ") + shown);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_types_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      program.add_subcommand("types", "Write the types of env for editors and type checkers");
  command->add_option("path", flags->file,
                      std::string("File to write (default: ") + kTypesFile + ")");
  command->add_flag("--check", flags->check, "Only say whether the file is up to date, for CI");
  command
      ->add_option("--strict-vars", flags->strict_vars,
                   "Whether the values of variables are part of their types")
      ->capture_default_str();
  command->add_option("--env-file", flags->env_files,
                      "File with secrets instead of .dev.vars; repeatable");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return types(*flags, context); }; });
}

}  // namespace cwrangler::cli
