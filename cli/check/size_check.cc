#include "cli/check/size_check.h"

#include <iterator>

#include "cli/packages/package_tree.h"

namespace cwrangler::cli {

PackageSize upload_size(const Project& project) {
  std::vector<std::filesystem::path> files;
  for (const Module& module : project.modules) files.emplace_back(module.path);
  return size_of_files(files);
}

std::vector<Problem> check_size(const PackageSize& size, const Project& project) {
  const SourcePosition at{project.config.path.string(), 0, 0};
  constexpr const char* kHint =
      "`cwrangler tree --size` shows what each package costs; python_modules.exclude leaves files "
      "out.";
  if (size.bytes > kUncompressedLimit) {
    return {{Severity::error, "size",
             "The Worker is " + shown_size(size.bytes) + "; no plan takes more than " +
                 shown_size(kUncompressedLimit),
             at, kHint}};
  }
  const PlanLimit* taken_by = nullptr;
  for (const PlanLimit& limit : kPlanLimits) {
    if (size.compressed <= limit.compressed) {
      taken_by = &limit;
      break;
    }
  }
  const PlanLimit& smallest = kPlanLimits[0];
  const PlanLimit& largest = *std::rbegin(kPlanLimits);
  if (taken_by == &smallest) return {};
  const std::string is = "The Worker is " + shown_size(size.compressed) + " compressed; ";
  if (taken_by == nullptr) {
    return {{Severity::error, "size",
             is + "no plan takes more than " + shown_size(largest.compressed), at, kHint}};
  }
  return {{Severity::warning, "size",
           is + smallest.plan + " takes " + shown_size(smallest.compressed) + ", " +
               taken_by->plan + " " + shown_size(taken_by->compressed),
           at, kHint}};
}

}  // namespace cwrangler::cli
