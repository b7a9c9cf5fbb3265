// `cwrangler tree`: who requires whom in python_modules, and what each package costs.

#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/packages/installed.h"

namespace cwrangler::cli {

/// Cloudflare's limits for a Worker's size (developers.cloudflare.com/workers/platform/limits).
struct PlanLimit {
  const char* plan;
  uintmax_t compressed;
};
inline constexpr uintmax_t kMebibyte = 1024 * 1024;
inline constexpr PlanLimit kPlanLimits[] = {{"Workers Free", 3 * kMebibyte},
                                            {"Workers Paid", 10 * kMebibyte}};
/// On either plan, before compression.
inline constexpr uintmax_t kUncompressedLimit = 64 * kMebibyte;

struct PackageTree {
  std::string project;                     ///< the name at the root
  std::vector<DependencySpecifier> roots;  ///< what the project asks for
  InstalledPackages installed;
  std::string full_version;                  ///< of the Worker's Python: "3.14.2"
  std::map<std::string, PackageSize> sizes;  ///< by name; empty: not asked for
};

/// The tree as lines. A package that was shown already has "(*)" and its own dependencies are not
/// repeated; one that is not installed is left out, as its dependents do without it.
std::vector<std::string> tree_lines(const PackageTree& tree);

/// The sum of all sizes, and each plan's limit with how much of it that is.
std::vector<std::string> size_lines(const PackageTree& tree);

/// The same as one object: packages with version, dependencies and sizes; the total and limits.
nlohmann::json tree_json(const PackageTree& tree);

}  // namespace cwrangler::cli
