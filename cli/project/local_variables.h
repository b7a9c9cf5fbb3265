// The secrets of local runs: which of .dev.vars and .env files count, and what they say.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/project/dotenv.h"

namespace cwrangler::cli {

struct LocalVariablesRequest {
  std::filesystem::path project_root;  ///< where the configuration file is
  std::string environment;             ///< empty: the top level
  /// Files named on the command line (absolute); when there are any, no others are looked for.
  std::vector<std::filesystem::path> files;
  EnvironmentLookup process_environment;
  /// The configuration says which secrets there are: the process environment may have them.
  bool secrets_declared = false;
};

struct LocalVariables {
  /// In the order of first appearance, each name once.
  std::vector<DotenvFile::Entry> entries;
  std::vector<std::filesystem::path> read;        ///< the files that were read
  std::vector<std::filesystem::path> candidates;  ///< all that would be, when they appear
  std::vector<std::string> warnings;
};

/// Reads `.dev.vars.ENVIRONMENT`, else `.dev.vars`: one file only. When neither exists, and
/// CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV is not "false": `.env`, `.env.local`, `.env.ENVIRONMENT`,
/// `.env.ENVIRONMENT.local`, later ones over earlier ones, with $NAME expanded. The process
/// environment joins the latter when CLOUDFLARE_INCLUDE_PROCESS_ENV is "true", and when the
/// configuration declares secrets.
///
/// Throws Error when a file cannot be read, was named and is not there, or is not UTF-8. No message
/// ever holds a value.
LocalVariables load_local_variables(const LocalVariablesRequest& request);

}  // namespace cwrangler::cli
