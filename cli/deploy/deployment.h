// Steps of a deployment that commands share: what they work with, and what is known of the Worker
// before anything is changed.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/api/account.h"
#include "cli/config/config.h"
#include "cli/deploy/upload.h"
#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// Whether to go on where something would be lost. Asks the user, or decides where nobody can be
/// asked.
using Confirm = std::function<bool(const std::string& question)>;

/// What every step of a deployment is handed.
struct DeployContext {
  const Account& account;
  const Config& config;
  Terminal& terminal;
  Confirm confirm;
  bool interactive = false;
  bool existed = false;  ///< the Worker was there before this deployment
};

/// The Worker as the account has it.
struct DeployedWorker {
  bool exists = false;
  std::string environment = "production";
  std::string tag;
  std::vector<std::string> tags;
  std::string last_deployed_from;  ///< "wrangler", "dash", "api"; empty: not known
  std::string migration_tag;       ///< empty: none was applied
};

DeployedWorker find_worker(const Account& account, const std::string& name);

/// Its settings, with `bindings`; nothing: there is no such Worker.
std::optional<ApiJson> find_settings(const Account& account, const std::string& name);

/// Path of a Worker below the account: "/workers/scripts/NAME" + `below`.
std::string worker_path(const std::string& name, const std::string& below = "");

/// Looks for what a deployment would take away: settings made elsewhere, secrets under the names of
/// variables, workflows of other Workers, a gradual deployment under way. Warns, and asks. False:
/// the user does not want to go on.
bool check_before_deployment(const DeployContext& context, const DeployedWorker& worker,
                             const UploadOptions& options);

/// The tags by which the API knows which configuration and environment a Worker is of; nothing when
/// the configuration has no environments.
std::optional<std::vector<std::string>> service_tags(const Config& config,
                                                     const DeployedWorker& worker);

/// Makes what the configuration names and the account lacks, and lets the upload inherit what the
/// Worker has already: changes `bindings`. `settings`: of find_settings.
void provision(const DeployContext& context, const std::optional<ApiJson>& settings,
               std::vector<ApiJson>& bindings);

/// "12345678-1234-…" of 32 digits without hyphens; anything else as it is.
std::string hyphenated(const std::string& id);

}  // namespace cwrangler::cli
