// What makes a deployed Worker run: its address on workers.dev, routes, custom domains, schedules,
// queues, workflows.

#pragma once

#include <string>
#include <vector>

#include "cli/deploy/deployment.h"

namespace cwrangler::cli {

struct TriggerFlags {
  std::vector<std::string> routes;   ///< in place of the configuration's; empty: those
  std::vector<std::string> domains;  ///< custom domains besides
  std::vector<std::string> crons;    ///< in place of the configuration's; empty: those
};

/// Brings all of them in line with the configuration, one after another, and returns a line for
/// each that is in force ("https://…", "schedule: …").
///
/// What fails does not keep the others from being tried. Throws Error at the end that says which
/// have failed and why, and that the others are in force.
std::vector<std::string> deploy_triggers(const DeployContext& context, const TriggerFlags& flags);

}  // namespace cwrangler::cli
