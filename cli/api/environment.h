// The environment as commands that talk to the API see it: the process's, then the .env files of
// the folder they run in, as wrangler reads them.

#pragma once

#include <filesystem>
#include <string>

#include "cli/project/dotenv.h"

namespace cwrangler::cli {

/// The process's variables, else those of .env, .env.local, .env.ENVIRONMENT and
/// .env.ENVIRONMENT.local in `directory`, later files over earlier ones. `environment`: empty for
/// the top level. Throws Error when one of the files cannot be read.
EnvironmentLookup api_environment(const std::filesystem::path& directory,
                                  const std::string& environment);

}  // namespace cwrangler::cli
