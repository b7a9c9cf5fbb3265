// The sub-commands of `cwrangler`, one file each, named after it.
//
// To add one: write `add_NAME_command` in NAME.cc, declare it below, and name it in the list of
// program.cc, and give it examples in examples.cc. The function adds a CLI11 sub-command, whose
// callback only sets `context.run`: parsing is over, and the global options are known, before a
// command starts its work.

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/terminal/terminal.h"

namespace CLI {
class App;
}

namespace cwrangler::cli {

/// The flags that every command takes.
struct GlobalOptions {
  std::filesystem::path directory;  ///< absolute: --cwd, or where the program was started
  std::string config_file;          ///< -c/--config, relative to `directory`; empty: looked for
  std::string environment;          ///< -e/--env, or CLOUDFLARE_ENV; empty: the top level
};

/// What a command is handed. Outlives it.
struct CommandContext {
  Terminal& terminal;
  std::function<std::chrono::system_clock::time_point()> clock;
  GlobalOptions options;
  /// Set by the callback of the sub-command that was named. Returns the exit status (see
  /// base/error.h); failures are thrown as Error.
  std::function<int()> run;
  /// Adds an event to the file that CI tools read (event_file.h). Empty: there is none.
  std::function<void(const nlohmann::json&)> report_event = {};
};

void add_init_command(CLI::App& program, CommandContext& context);
void add_sync_command(CLI::App& program, CommandContext& context);
void add_add_command(CLI::App& program, CommandContext& context);
void add_remove_command(CLI::App& program, CommandContext& context);
void add_lock_command(CLI::App& program, CommandContext& context);
void add_tree_command(CLI::App& program, CommandContext& context);
void add_dev_command(CLI::App& program, CommandContext& context);
void add_check_command(CLI::App& program, CommandContext& context);
void add_snapshot_command(CLI::App& program, CommandContext& context);
void add_types_command(CLI::App& program, CommandContext& context);
void add_cache_command(CLI::App& program, CommandContext& context);
void add_doctor_command(CLI::App& program, CommandContext& context);
void add_complete_command(CLI::App& program, CommandContext& context);
void add_d1_command(CLI::App& program, CommandContext& context);
void add_kv_command(CLI::App& program, CommandContext& context);
void add_r2_command(CLI::App& program, CommandContext& context);
void add_state_command(CLI::App& program, CommandContext& context);
void add_deploy_command(CLI::App& program, CommandContext& context);
void add_secret_command(CLI::App& program, CommandContext& context);
void add_versions_command(CLI::App& program, CommandContext& context);
void add_deployments_command(CLI::App& program, CommandContext& context);
void add_rollback_command(CLI::App& program, CommandContext& context);
void add_hyperdrive_command(CLI::App& program, CommandContext& context);
void add_vectorize_command(CLI::App& program, CommandContext& context);
void add_tail_command(CLI::App& program, CommandContext& context);
void add_triggers_command(CLI::App& program, CommandContext& context);
void add_delete_command(CLI::App& program, CommandContext& context);
void add_queues_command(CLI::App& program, CommandContext& context);
void add_workflows_command(CLI::App& program, CommandContext& context);
void add_login_command(CLI::App& program, CommandContext& context);
void add_logout_command(CLI::App& program, CommandContext& context);
void add_whoami_command(CLI::App& program, CommandContext& context);
void add_api_command(CLI::App& program, CommandContext& context);
void add_edge_command(CLI::App& program, CommandContext& context);

}  // namespace cwrangler::cli
