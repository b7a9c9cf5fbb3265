// Tells whether what would be loaded differs from what was: an editor's swap file, a touched
// directory or a sync that changed nothing need no reload.

#pragma once

#include <string>

#include "base/worker_config.h"

namespace cwrangler::cli {

/// A text that is equal as long as the Worker's configuration is, and every module is the same file
/// with the same size and time of modification. Missing files count as such.
std::string bundle_stamp(const WorkerConfig& worker);

}  // namespace cwrangler::cli
