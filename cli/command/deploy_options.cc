#include "cli/command/deploy_options.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/files.h"
#include "cli/config/utc_time.h"
#include "cli/deploy/report.h"
#include "cli/packages/sync.h"
#include "cli/project/dotenv.h"
#include "cli/terminal/prompt.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

void warn_of_unnamed_environment(const Config& config, const CLI::App& command,
                                 Terminal& terminal) {
  if (config.environments.empty() || !config.environment.empty()) return;
  const CLI::App* program = &command;
  while (program->get_parent() != nullptr) program = program->get_parent();
  // `--env=""` says that the top level is meant.
  if (program->count("--env") > 0 || std::getenv("CLOUDFLARE_ENV") != nullptr) return;
  terminal.print_warning(
      "Multiple environments are defined in the Wrangler configuration file, but no target "
      "environment was specified for the " +
      command.get_name() +
      " command.\nTo avoid unintentional changes to the wrong environment, it is recommended to "
      "explicitly specify the target environment using the `-e|--env` flag or CLOUDFLARE_ENV env "
      "variable.\nIf your intention is to use the top-level environment of your configuration "
      "simply pass an empty string to the flag to target such environment. For example "
      "`--env=\"\"`.");
}

void require_compatibility_date(const Config& config, const CommandContext& context) {
  if (!config.compatibility_date.value.empty()) return;
  const std::string today = utc_date(context.clock());
  throw Error("A compatibility_date is required when uploading a Worker.")
      .at({config.path.string(), 0, 0})
      .hint("Add \"compatibility_date\": \"" + today +
            "\" to the configuration, or pass --compatibility-date " + today + ".");
}

/// As `dev` does it before a start.
void sync_if_needed(const Config& config, const std::string& python, Terminal& terminal) {
  SyncRequest request;
  request.project = config.directory;
  request.python_version = python;
  if (sync_needed(request)) sync_packages(request, terminal);
}

void write_output_folder(const fs::path& folder, const ReadyUpload& upload,
                         const CommandContext& context) {
  for (const UploadModule& module : upload.modules) {
    const fs::path file = folder / module.name;
    std::error_code failed;
    fs::create_directories(file.parent_path(), failed);
    if (failed) {
      throw Error(failed.message()).while_doing("making the folder of " + file.string());
    }
    write_file_atomically(file, module.content);
  }
  write_file_atomically(folder / "README.md",
                        "This folder contains the built output assets for the worker \"" +
                            upload.project.config.name + "\" generated at " +
                            utc_time(context.clock()) + ".");
}

void write_outputs(const UploadFlags& flags, const ReadyUpload& upload,
                   const CommandContext& context) {
  const fs::path& here = context.options.directory;
  if (!flags.outdir.empty()) write_output_folder(here / flags.outdir, upload, context);
  if (flags.outfile.empty()) return;
  UploadParts parts;
  parts.bindings = upload_bindings(upload.project.config, upload.options);
  MultipartForm form =
      upload_form(upload_metadata(upload.project, upload.options, parts), upload.modules);
  // With --secrets-file it has secrets.
  constexpr unsigned kOwnerOnly = 0600;
  write_file_atomically(here / flags.outfile, form.finish(), kOwnerOnly);
}

}  // namespace

void add_upload_flags(CLI::App& command, UploadFlags& flags) {
  add_worker_flags(command, flags.worker, "script");
  add_bundler_flags(command, flags.bundler);
  command.add_option("--var", flags.variables, "NAME:value, in place of the configuration's")
      ->allow_extra_args(false);
  command.add_option("--secrets-file", flags.secrets_file,
                     "JSON or NAME=value lines: secrets to upload with the Worker");
  command.add_option("--message", flags.message, "What the version is about");
  command.add_option("--tag", flags.tag, "A name for the version");
  command.add_option("--outdir", flags.outdir, "Write the modules to this folder");
  command.add_option("--outfile", flags.outfile, "Write the upload's body to this file");
  command.add_flag("--keep-vars", flags.keep_vars, "Keep variables that were set in the dashboard");
  command.add_flag("--dry-run", flags.dry_run, "Do all but upload");
  command.add_flag("--strict", flags.strict,
                   "Without a terminal, fail where a question would be asked");
}

Config deploy_config(const ConfigOverrides& overrides, const CommandContext& context) {
  Config config = load_config({context.options.directory, context.options.config_file,
                               context.options.environment, overrides});
  if (config.name.empty()) {
    throw Error("You need to provide the name of your worker.")
        .at({config.path.string(), 0, 0})
        .hint(
            "Either pass it as a cli arg with --name <name> or set \"name\" in the "
            "configuration.");
  }
  return config;
}

ReadyUpload prepare_upload(const UploadFlags& flags, const CLI::App& command,
                           const CommandContext& context) {
  Terminal& terminal = context.terminal;
  warn_of_bundler_flags(command, flags.bundler, terminal);
  ProjectOptions options;
  options.config = {context.options.directory, context.options.config_file,
                    context.options.environment, config_overrides(flags.worker, context)};
  options.clock = context.clock;
  options.local_secrets = false;
  const Config config = deploy_config(options.config.overrides, context);
  warn_of_unnamed_environment(config, command, terminal);
  require_compatibility_date(config, context);
  // The packages of a deployment are those of production's Python, whatever runs here.
  options.environment_variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "CWRANGLER_PYTHON") return std::nullopt;
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  sync_if_needed(config, load_project_settings(options).production_python_version, terminal);

  ReadyUpload upload;
  upload.project = load_project(options);
  for (const std::string& warning : upload.project.warnings) terminal.print_warning(warning);
  upload.options.variables = parse_variables(flags.variables);
  if (!flags.secrets_file.empty()) {
    const fs::path file = context.options.directory / flags.secrets_file;
    for (auto& [name, value] : parse_secrets(read_file(file), file.string())) {
      if (value) upload.options.secrets.emplace_back(name, std::move(*value));
    }
  }
  upload.options.keep_variables = flags.keep_vars;
  upload.options.message = flags.message;
  upload.options.tag = flags.tag;
  upload.options.alias = flags.alias;
  upload.modules = upload_modules(upload.project);
  if (const std::string table = module_table(upload.modules); !table.empty()) {
    terminal.print("Attaching additional modules:");
    terminal.print(table);
  }
  terminal.print(size_line(upload_size(upload.modules)));
  write_outputs(flags, upload, context);
  return upload;
}

Confirm confirm_by(Terminal& terminal, bool strict) {
  return [&terminal, strict](const std::string& question) {
    if (strict && !can_ask()) {
      throw Error("Aborting the operation: --strict, and there is nobody to ask: " + question)
          .hint("Without --strict the answer is yes.");
    }
    return confirm(terminal, question);
  };
}

std::vector<NamedText> parse_variables(const std::vector<std::string>& texts) {
  std::vector<NamedText> variables;
  for (const std::string& text : texts) {
    const size_t colon = text.find(':');
    if (colon == text.npos || colon == 0) {
      throw Error("--var takes NAME:value").exit_with(ExitCode::usage);
    }
    variables.emplace_back(text.substr(0, colon), text.substr(colon + 1));
  }
  return variables;
}

std::vector<std::pair<std::string, std::optional<std::string>>> parse_secrets(
    const std::string& text, const std::string& file) {
  std::vector<std::pair<std::string, std::optional<std::string>>> secrets;
  const ApiJson json = ApiJson::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      if (!value.is_string() && !value.is_null()) {
        throw Error("The value of \"" + name + "\" is no string").while_doing("reading " + file);
      }
      secrets.emplace_back(name, value.is_null()
                                     ? std::nullopt
                                     : std::optional<std::string>(value.get<std::string>()));
    }
    return secrets;
  }
  const DotenvFile lines = parse_dotenv(text);
  if (lines.entries.empty() || !lines.odd_lines.empty()) {
    const int line = lines.odd_lines.empty() ? 0 : lines.odd_lines.front();
    throw Error("It is neither a JSON object of strings nor NAME=value lines")
        .while_doing("reading secrets")
        .at({file, line, 0});
  }
  for (const DotenvFile::Entry& entry : lines.entries) {
    secrets.emplace_back(entry.name, entry.value);
  }
  return secrets;
}

std::string seconds_since(std::chrono::steady_clock::time_point begin) {
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f sec", taken.count());
  return text.data();
}

}  // namespace cwrangler::cli
