#include "cli/packages/package_tree.h"

#include <set>

namespace cwrangler::cli {
namespace {

class TreeWriter {
 public:
  explicit TreeWriter(const PackageTree& tree) : tree_(tree) {}

  std::vector<std::string> write() {
    lines_.push_back(tree_.project);
    write_children(tree_.roots, "");
    return std::move(lines_);
  }

 private:
  void write_children(const std::vector<DependencySpecifier>& all, const std::string& indent) {
    std::vector<const DependencySpecifier*> children;
    for (const DependencySpecifier& child : all) {
      if (tree_.installed.contains(child.name)) children.push_back(&child);
    }
    for (size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      write_package(*children[i], indent + (last ? "└── " : "├── "),
                    indent + (last ? "    " : "│   "));
    }
  }

  void write_package(const DependencySpecifier& specifier, const std::string& prefix,
                     const std::string& indent) {
    const InstalledPackage& package = tree_.installed.find(specifier.name)->second;
    const std::set<std::string> extras(specifier.extras.begin(), specifier.extras.end());
    const std::vector<DependencySpecifier> children =
        dependencies_of(package, tree_.full_version, extras);
    const bool first = seen_.insert(specifier.name).second;
    std::string line = prefix + package.name + " " + package.version;
    if (!first) {
      lines_.push_back(line + " (*)");
      return;
    }
    if (const auto size = tree_.sizes.find(package.name); size != tree_.sizes.end()) {
      line += "  " + shown_size(size->second.bytes) + ", compressed " +
              shown_size(size->second.compressed);
    }
    lines_.push_back(line);
    write_children(children, indent);
  }

  const PackageTree& tree_;
  std::vector<std::string> lines_;
  std::set<std::string> seen_;
};

PackageSize total_size(const PackageTree& tree) {
  PackageSize total;
  for (const auto& [name, size] : tree.sizes) total += size;
  return total;
}

std::string share_of(uintmax_t size, uintmax_t limit) {
  const std::string percent = std::to_string(size * 100 / limit) + " %";
  return size > limit ? percent + ", over the limit" : percent;
}

}  // namespace

std::vector<std::string> tree_lines(const PackageTree& tree) {
  return TreeWriter(tree).write();
}

std::vector<std::string> size_lines(const PackageTree& tree) {
  const PackageSize total = total_size(tree);
  std::vector<std::string> lines = {"Packages together: " + shown_size(total.bytes) +
                                    ", compressed " + shown_size(total.compressed)};
  for (const PlanLimit& limit : kPlanLimits) {
    lines.push_back("  " + std::string(limit.plan) + ": " + shown_size(limit.compressed) +
                    " compressed (" + share_of(total.compressed, limit.compressed) + ")");
  }
  lines.push_back("  Both plans: " + shown_size(kUncompressedLimit) + " uncompressed (" +
                  share_of(total.bytes, kUncompressedLimit) + ")");
  return lines;
}

nlohmann::json tree_json(const PackageTree& tree) {
  nlohmann::json packages = nlohmann::json::array();
  for (const auto& [name, package] : tree.installed) {
    nlohmann::json dependencies = nlohmann::json::array();
    for (const DependencySpecifier& child : dependencies_of(package, tree.full_version, {})) {
      if (tree.installed.contains(child.name)) dependencies.push_back(child.name);
    }
    nlohmann::json entry = {
        {"name", name}, {"version", package.version}, {"dependencies", dependencies}};
    if (const auto size = tree.sizes.find(name); size != tree.sizes.end()) {
      entry["bytes"] = size->second.bytes;
      entry["compressed"] = size->second.compressed;
    }
    packages.push_back(std::move(entry));
  }
  nlohmann::json result = {{"project", tree.project}, {"packages", packages}};
  if (tree.sizes.empty()) return result;
  const PackageSize total = total_size(tree);
  result["bytes"] = total.bytes;
  result["compressed"] = total.compressed;
  nlohmann::json limits = nlohmann::json::array();
  for (const PlanLimit& limit : kPlanLimits) {
    limits.push_back({{"plan", limit.plan},
                      {"compressed", limit.compressed},
                      {"over", total.compressed > limit.compressed}});
  }
  result["limits"] = limits;
  result["uncompressed_limit"] = kUncompressedLimit;
  return result;
}

}  // namespace cwrangler::cli
