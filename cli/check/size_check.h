// The size of what would be uploaded, against what Cloudflare's plans allow.

#pragma once

#include <vector>

#include "cli/check/problem.h"
#include "cli/packages/installed.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

/// All modules together.
PackageSize upload_size(const Project& project);

/// An error when no plan takes it, a warning when only a paid one does.
std::vector<Problem> check_size(const PackageSize& size, const Project& project);

}  // namespace cwrangler::cli
