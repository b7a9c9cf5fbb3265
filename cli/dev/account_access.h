// What a binding of the account ("remote": true) is told, so that it can reach it.

#pragma once

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/config/config.h"
#include "cli/project/dotenv.h"

namespace cwrangler::cli {

/// {base_url, account_id, headers}, as runtime/bindings/remote/account.js takes it, or {problem}:
/// what is missing, for whoever uses such a binding. Asks nobody. Its headers are credentials: they
/// must not be printed. Throws Error for credentials that cannot be read.
nlohmann::json account_access(const Config& config, const EnvironmentLookup& environment,
                              std::chrono::system_clock::time_point now);

}  // namespace cwrangler::cli
