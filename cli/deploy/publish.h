// Uploading a version of a Worker, and giving it the traffic.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/deploy/deployment.h"
#include "cli/terminal/progress.h"

namespace cwrangler::cli {

/// A version that the account has taken.
struct UploadedVersion {
  std::string id;
  std::string worker_tag;
  std::optional<std::int64_t> startup_ms;
  std::vector<ApiJson> bindings;  ///< as they were uploaded
};

struct VersionRequest {
  const Project& project;
  const std::vector<UploadModule>& modules;
  const UploadOptions& options;
};

/// Uploads the static assets, if there are any, and says what for the metadata. Prints what it
/// does.
std::optional<ApiJson> publish_assets(const DeployContext& context, Progress& progress);

/// Deploys: as the Worker's whole state where it is new or migrations are due, else as a version
/// that gets all traffic. `worker`: of find_worker. Throws Error; where a version was uploaded and
/// is not in force, the error says so.
UploadedVersion publish(const DeployContext& context, const DeployedWorker& worker,
                        const VersionRequest& request, Progress& progress);

/// Uploads a version without giving it traffic. The Worker must exist, and no migration be due.
UploadedVersion upload_version(const DeployContext& context, const DeployedWorker& worker,
                               const VersionRequest& request, Progress& progress);

/// Settings that are the Worker's and not a version's: log push, consumers of its tail,
/// observability, tags.
void sync_script_settings(const DeployContext& context, const DeployedWorker& worker,
                          const std::optional<bool>& logpush);

}  // namespace cwrangler::cli
