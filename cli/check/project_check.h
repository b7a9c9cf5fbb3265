// All that `cwrangler check` looks at, in order: each step needs those before it to be in order.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/check/problem.h"
#include "cli/check/startup_check.h"
#include "cli/packages/installed.h"
#include "cli/project/project.h"

namespace cwrangler::cli {

struct CheckRequest {
  ProjectOptions project;
  std::filesystem::path runtime;  ///< the program cwrangler-runtime
  bool start = true;              ///< run the Worker's top level
};

struct CheckReport {
  std::vector<Problem> problems;
  std::filesystem::path directory;  ///< of the project; empty: there is no configuration
  std::string python_version;       ///< empty: not known
  size_t modules = 0;
  std::optional<PackageSize> size;
  std::optional<std::chrono::milliseconds> startup;

  size_t count(Severity severity) const;
};

/// Never throws for what is wrong with the project: that is what the report is.
CheckReport check_project(const CheckRequest& request);

}  // namespace cwrangler::cli
