// From the records to what runs: a version as a runtime's configuration, a Worker as what is
// served.

#pragma once

#include <memory>

#include "edge/api/services.h"
#include "edge/store/workers.h"

namespace cwrangler::edge {

/// The version with its secrets opened and its files in place. Throws Error for a secret that
/// cannot be opened.
std::shared_ptr<const WorkerVersion> runnable_version(Services& services, Work& work,
                                                      const Version& version);

/// What the Worker's newest deployment, routes and schedules make of it; without versions where
/// nothing is deployed.
WorkerDeployment runnable_deployment(Services& services, Work& work, const Worker& worker);

/// Tells the serving half what the records say of the Worker now; call without a Work.
void serve_worker(Services& services, const std::string& account, const std::string& worker);

/// A version that holds no code yet (Upload::is_placeholder).
bool is_placeholder(const Version& version);

}  // namespace cwrangler::edge
