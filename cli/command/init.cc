// `cwrangler init [NAME] [--template …]`: a project that runs as it is.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/files.h"
#include "cli/command/commands.h"
#include "cli/packages/editor_links.h"
#include "cli/project/project_template.h"
#include "cli/project/template_source.h"
#include "cli/terminal/prompt.h"
#include "cli/types/project_types.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kDefaultTarget = "my-worker";
constexpr const char* kDefaultTemplate = "hello";

struct Flags {
  std::string target;
  std::string name;
  std::string template_name;
  bool yes = false;
  bool json = false;
};

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

/// What was not said on the command line is asked for, where there is somebody to ask.
void complete(Flags& flags, const std::filesystem::path& templates, Terminal& terminal) {
  const bool asks = !flags.yes && !flags.json && can_ask();
  if (flags.target.empty()) {
    if (!asks && !flags.yes) {
      throw Error("init needs the name of the folder to create")
          .exit_with(ExitCode::usage)
          .hint("For example: cwrangler init my-worker; --yes takes that name.");
    }
    flags.target =
        asks ? ask(terminal, "Folder of the new Worker?", kDefaultTarget) : kDefaultTarget;
    if (asks && flags.template_name.empty()) {
      terminal.print(terminal.dim("Templates: " + list_of(template_names(templates))));
      flags.template_name = ask(terminal, "Template?", kDefaultTemplate);
    }
  }
  if (flags.template_name.empty()) flags.template_name = kDefaultTemplate;
}

/// The types of `env`, for templates that have settings for them. A template from elsewhere may
/// not be read by us; that is told when it is run.
void write_types(const std::filesystem::path& root) {
  try {
    const ProjectTypes types = project_types({{root, "", ""}, {}, {}});
    const std::filesystem::path file = root / kTypesFile;
    std::filesystem::create_directories(file.parent_path());
    write_file_atomically(file, types.stub);
  } catch (const Error&) {
  }
}

void print_next_steps(const CreatedProject& project, const InitOptions& options,
                      const CommandContext& context) {
  Terminal& terminal = context.terminal;
  terminal.print("Created the Worker " + terminal.bold(project.name) + " in " +
                 options.target.string());
  for (const std::string& file : project.files) terminal.print("  " + terminal.dim(file));
  terminal.print("\nNext:");
  if (options.target != context.options.directory) {
    terminal.print("  cd " +
                   options.target.lexically_proximate(context.options.directory).string());
  }
  if (options.template_name == "d1") {
    terminal.print("  cwrangler d1 migrations apply " + project.name + "-notes --local");
  }
  terminal.print("  cwrangler dev");
}

int init(Flags flags, const CommandContext& context) {
  InitOptions options;
  options.templates = share_directory() / "templates";
  complete(flags, options.templates, context.terminal);
  options.template_name = flags.template_name;
  options.target = (context.options.directory / flags.target).lexically_normal();
  // "." and "folder/" end in a slash once normalised, and would have no name.
  if (!options.target.has_filename()) options.target = options.target.parent_path();
  options.name = flags.name;
  options.now = context.clock();

  std::optional<TemplateSource> source;
  if (is_template_source(flags.template_name)) {
    source.emplace(flags.template_name, context.options.directory);
    options.source = source->folder();
  }
  const CreatedProject project = create_project(options);
  if (!source) write_types(options.target);
  update_editor_links(options.target);
  if (flags.json) {
    context.terminal.print(nlohmann::json{
        {"name", project.name}, {"directory", options.target.string()}, {"files", project.files}}
                               .dump());
  } else {
    print_next_steps(project, options, context);
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_init_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("init", "Create a new Worker from a template");
  command->add_option("name", flags->target, "Folder to create, and the Worker's name; . for here");
  command->add_option("--name", flags->name, "Name of the Worker, when it is not the folder's");
  command->add_option(
      "-t,--template", flags->template_name,
      "What to start from: hello (default), fastapi, django, d1, cron, assets, workflow or "
      "durable-object; a folder (./path); or git+URL[@branch][#subdirectory=folder]");
  command->add_flag("-y,--yes", flags->yes, "Ask nothing: take what is proposed");
  command->add_flag("--json", flags->json, "Say what was made as JSON");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return init(*flags, context); }; });
}

}  // namespace cwrangler::cli
