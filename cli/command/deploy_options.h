// What `deploy`, `versions upload` and `triggers deploy` share: their flags, the project that is
// meant, and what is printed of an upload.

#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command/api_session.h"
#include "cli/command/worker_flags.h"
#include "cli/deploy/deployment.h"
#include "cli/deploy/upload.h"

namespace cwrangler::cli {

struct UploadFlags {
  WorkerFlags worker;
  BundlerFlags bundler;
  std::vector<std::string> variables;  ///< NAME:value
  std::string secrets_file;
  std::string message;
  std::string tag;
  std::string alias;
  std::string outdir;
  std::string outfile;
  bool keep_vars = false;
  bool dry_run = false;
  bool strict = false;
};

/// Adds those that every upload takes.
void add_upload_flags(CLI::App& command, UploadFlags& flags);

/// A project that is ready to be uploaded.
struct ReadyUpload {
  Project project;
  UploadOptions options;
  std::vector<UploadModule> modules;
};

/// Reads the project, brings its packages in line, warns, prints modules and sizes, and writes
/// --outdir and --outfile. `command`: its name, for messages. Throws Error when the name, the
/// compatibility date or the code is missing.
ReadyUpload prepare_upload(const UploadFlags& flags, const CLI::App& command,
                           const CommandContext& context);

/// The configuration alone, with its warnings printed. `needs_name`: throws Error without one.
Config deploy_config(const ConfigOverrides& overrides, const CommandContext& context);

/// Confirms by asking; where nobody can be asked, goes on, or, with --strict, throws Error.
Confirm confirm_by(Terminal& terminal, bool strict);

/// "NAME:value" each. Throws Error (usage) for one without a colon, not showing it.
std::vector<NamedText> parse_variables(const std::vector<std::string>& texts);

/// Secrets of a file: a JSON object of strings, or NAME=value lines. null in JSON: nothing.
/// Throws Error that shows no value.
std::vector<std::pair<std::string, std::optional<std::string>>> parse_secrets(
    const std::string& text, const std::string& file);

/// "0.20 sec" since `begin`.
std::string seconds_since(std::chrono::steady_clock::time_point begin);

}  // namespace cwrangler::cli
