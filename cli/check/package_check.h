// Whether the packages that a project asks for are installed, and can be had for Workers at all.

#pragma once

#include <vector>

#include "cli/check/problem.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

/// Looks at the project's list of packages, the lock and python_modules; asks no index.
std::vector<Problem> check_packages(const Project& project);

}  // namespace cwrangler::cli
