#include "cli/command/program.h"

#include <array>

#include "cli/version.h"

namespace cwrangler::cli {
namespace {

/// Every sub-command, in the order of --help.
constexpr std::array kCommands{
    &add_init_command,      &add_dev_command,         &add_check_command,    &add_deploy_command,
    &add_versions_command,  &add_deployments_command, &add_rollback_command, &add_triggers_command,
    &add_tail_command,      &add_secret_command,      &add_delete_command,   &add_snapshot_command,
    &add_types_command,     &add_sync_command,        &add_add_command,      &add_remove_command,
    &add_lock_command,      &add_tree_command,        &add_d1_command,       &add_kv_command,
    &add_r2_command,        &add_state_command,       &add_queues_command,   &add_workflows_command,
    &add_vectorize_command, &add_hyperdrive_command,  &add_login_command,    &add_logout_command,
    &add_whoami_command,    &add_api_command,         &add_edge_command,     &add_cache_command,
    &add_doctor_command,    &add_complete_command,
};

void add_global_options(CLI::App& program, GlobalOptions& options) {
  program.set_version_flag("-v,--version", std::string(kVersion), "Show the version");
  program.add_option("-c,--config", options.config_file, "Path of the configuration file");
  program.add_option("--cwd", options.directory, "Run as if started in this directory");
  program.add_option("-e,--env", options.environment, "Environment of the configuration to use")
      ->envname("CLOUDFLARE_ENV");
}

/// Examples stand at the end of a command's --help.
void add_examples(CLI::App& command) {
  std::string footer;
  for (const Example& example : examples_of(command_path(command))) {
    footer += (footer.empty() ? "Examples:" : "") + std::string("\n  ") +
              std::string(example.line) + "\n      " + std::string(example.meaning);
  }
  if (!footer.empty()) command.footer(footer);
  for (CLI::App* child : command.get_subcommands({})) add_examples(*child);
}

}  // namespace

std::unique_ptr<CLI::App> make_program(CommandContext& context) {
  auto program =
      std::make_unique<CLI::App>("The toolchain for Cloudflare Python Workers", "cwrangler");
  program->require_subcommand(0, 1);
  // Global flags may also stand behind the sub-command.
  program->fallthrough();
  program->allow_extras();
  add_global_options(*program, context.options);
  for (const auto& add_command : kCommands) add_command(*program, context);
  add_examples(*program);
  return program;
}

std::string command_path(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return {};
  const std::string before = command_path(*parent);
  return before.empty() ? command.get_name() : before + " " + command.get_name();
}

void for_each_command(const CLI::App& program, const std::function<void(const CLI::App&)>& visit) {
  visit(program);
  for (const CLI::App* command : program.get_subcommands({})) for_each_command(*command, visit);
}

std::vector<const CLI::Option*> listed_options(const CLI::App& command) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group() != kUnlisted) options.push_back(option);
  }
  return options;
}

}  // namespace cwrangler::cli
