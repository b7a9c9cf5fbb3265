// Syntax and imports of the project's own Python files, as the Worker's own Python sees them.

#pragma once

#include <vector>

#include "cli/check/problem.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

/// Starts the Worker's Python, which compiles the modules of the module root without running them
/// and looks for each imported name: in the standard library of that Python, in python_modules, and
/// among the project's own. Imports that are allowed to fail (`try: … except ImportError`) and
/// those for type checkers are passed over. Throws Error when the interpreter cannot be started.
std::vector<Problem> check_sources(const Project& project);

}  // namespace cwrangler::cli
