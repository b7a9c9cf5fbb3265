// `cwrangler init NAME [--template hello|fastapi]`: a project that runs as it is.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/files.h"
#include "cli/command/commands.h"
#include "cli/packages/editor_links.h"
#include "cli/project/project_template.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string target;
  std::string name;
  std::string template_name = "hello";
};

int init(const Flags& flags, const CommandContext& context) {
  InitOptions options;
  options.templates = share_directory() / "templates";
  options.template_name = flags.template_name;
  options.target = (context.options.directory / flags.target).lexically_normal();
  // "." and "folder/" end in a slash once normalised, and would have no name.
  if (!options.target.has_filename()) options.target = options.target.parent_path();
  options.name = flags.name;
  options.now = context.clock();

  const CreatedProject project = create_project(options);
  update_editor_links(options.target);
  Terminal& terminal = context.terminal;
  terminal.print("Created the Worker " + terminal.bold(project.name) + " in " +
                 options.target.string());
  for (const std::string& file : project.files) terminal.print("  " + terminal.dim(file));
  terminal.print("\nNext:");
  if (options.target != context.options.directory) {
    terminal.print("  cd " +
                   options.target.lexically_proximate(context.options.directory).string());
  }
  terminal.print("  cwrangler dev");
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_init_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("init", "Create a new Worker from a template");
  command->add_option("name", flags->target, "Folder to create, and the Worker's name; . for here")
      ->required();
  command->add_option("--name", flags->name, "Name of the Worker, when it is not the folder's");
  command->add_option("-t,--template", flags->template_name, "What to start from: hello, fastapi")
      ->capture_default_str();
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return init(*flags, context); }; });
}

}  // namespace cwrangler::cli
