// `cwrangler tree [--size] [--json]`: the packages in python_modules, who requires them, and what
// they cost.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/error.h"
#include "cli/command/package_options.h"
#include "cli/packages/known_packages.h"
#include "cli/packages/package_tree.h"
#include "cli/project/glob.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

struct Flags {
  PackageOptions packages;
  bool size = false;
};

PackageTree read_tree(const Project& project, bool with_sizes) {
  const fs::path modules = project.config.directory / "python_modules";
  PackageTree tree;
  tree.project = project.config.name.empty() ? project.config.directory.filename().string()
                                             : project.config.name;
  tree.installed = read_installed(modules);
  tree.full_version = known_packages().python(project.python_version).version;
  for (const Requirement& requirement : read_dependencies(project.config.directory).requirements) {
    DependencySpecifier specifier = parse_dependency(requirement.text);
    if (marker_holds(specifier.marker, tree.full_version, {})) {
      tree.roots.push_back(std::move(specifier));
    }
  }
  // Every Worker has it, asked for or not.
  tree.roots.push_back({.name = std::string(kRuntimeSdk)});
  if (!with_sizes) return tree;
  const std::vector<Glob> excluded(project.config.python_modules_exclude.begin(),
                                   project.config.python_modules_exclude.end());
  for (const auto& [name, package] : tree.installed) {
    std::vector<fs::path> files;
    for (const std::string& file : package.files) {
      const bool counts = std::none_of(excluded.begin(), excluded.end(),
                                       [&](const Glob& glob) { return glob.matches(file); });
      if (counts) files.push_back(modules / file);
    }
    tree.sizes[name] = size_of_files(files);
  }
  return tree;
}

int tree(const Flags& flags, const CommandContext& context) {
  const Project project = package_project(flags.packages, context);
  const PackageTree tree = read_tree(project, flags.size);
  if (tree.installed.empty()) {
    throw Error("python_modules holds no packages")
        .hint("`cwrangler sync` installs the project's packages, `cwrangler add NAME` adds one.");
  }
  if (flags.packages.json) {
    context.terminal.print(tree_json(tree).dump());
    return static_cast<int>(ExitCode::ok);
  }
  for (const std::string& line : tree_lines(tree)) context.terminal.print(line);
  if (flags.size) {
    for (const std::string& line : size_lines(tree)) context.terminal.print(line);
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_tree_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("tree", "Show the installed packages as a tree");
  command->add_flag("--size", flags->size, "What each costs, beside Cloudflare's limits");
  command->add_flag("--json", flags->packages.json, "As JSON on standard output");
  command->add_option("--python", flags->packages.python,
                      "Python version instead of the configuration's: 3.12, 3.13 or 3.14");
  command->callback(
      [flags, &context] { context.run = [flags, &context] { return tree(*flags, context); }; });
}

}  // namespace cwrangler::cli
